// What is in a PNG: the browser decodes it

import jsQR from "jsqr";

// { width, height, data }, data being RGBA
export async function pixels(page, png) {
  const { width, height, data } = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
    let text = "";
    for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
    return { width: bitmap.width, height: bitmap.height, data: btoa(text) };
  }, png.toString("base64"));
  return { width, height, data: new Uint8ClampedArray(Buffer.from(data, "base64")) };
}

// What a QR code says, dark on light as phones want it; null if there is none
export async function readQrCode(page, png) {
  const { width, height, data } = await pixels(page, png);
  return jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data ?? null;
}

const BLOCK = 8;

// The mean brightness of each block of pixels, so that how a letter's edge is smoothed does not count
function blocks({ width, height, data }) {
  const columns = Math.ceil(width / BLOCK);
  const sums = new Float64Array(columns * Math.ceil(height / BLOCK));
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4)
      sums[Math.floor(y / BLOCK) * columns + Math.floor(x / BLOCK)] += (data[i] + data[i + 1] + data[i + 2]) / 3;
  return sums.map((sum) => sum / BLOCK ** 2);
}

// True unless somebody would see a difference: another size, or more than one block of 500 that is clearly lighter or darker
export function lookAlike(one, other) {
  if (one.width !== other.width || one.height !== other.height) return false;
  const others = blocks(other);
  const different = blocks(one).filter((brightness, i) => Math.abs(brightness - others[i]) > 16);
  return different.length * 500 <= others.length;
}
