// How long a call takes for each of the values, over and over until the seconds have passed, in nanoseconds

export function nanosecondsEach(call, values, seconds) {
  for (const value of values) call(value); // so that it is compiled
  const start = process.hrtime.bigint();
  const end = start + BigInt(Math.round(seconds * 1e9));
  let calls = 0;
  while (process.hrtime.bigint() < end) {
    for (const value of values) call(value);
    calls += values.length;
  }
  return Number(process.hrtime.bigint() - start) / calls;
}
