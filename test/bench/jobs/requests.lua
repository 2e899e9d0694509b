-- wrk -s requests.lua URL -- LOGINS BODY: post the body, each time with the next of the logins, which stand in a file, one a
-- line.  The last line of output is JSON.

local requests = {}
local number = 0

function init(arguments)
	for login in io.lines(arguments[1]) do
		local headers = { Authorization = "Bearer " .. login, ["Content-Type"] = "application/json" }
		requests[#requests + 1] = wrk.format("POST", nil, headers, arguments[2])
	end
end

function request()
	number = number % #requests + 1
	return requests[number]
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format('{"requests": %d, "microseconds": %d, "p99": %d, "errors": %d}\n', summary.requests, summary.duration,
		latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
