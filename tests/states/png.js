// A picture of at most 256 colours: close ones become one, the frequent ones stay exactly as they are.
// Takes a PNG in base64; gives {width, height, palette: [[r, g, b], …], indices: base64 of one byte a pixel}.
async (source) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const colours = [...counts].sort((a, b) => b[1] - a[1]).map(([pixel]) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255, pixel]);
  const apart = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  let palette = [];
  for (let tolerance = 0; ; tolerance = tolerance * 1.5 + 3) {
    palette = [];
    for (const colour of colours) {
      if (palette.length > 256) break;
      if (palette.every((known) => apart(known, colour) > tolerance)) palette.push(colour);
    }
    if (palette.length <= 256) break;
  }
  const nearest = new Map();
  for (const colour of colours) {
    let best = 0;
    for (let at = 1; at < palette.length; at++) if (apart(palette[at], colour) < apart(palette[best], colour)) best = at;
    nearest.set(colour[3], best);
  }
  const indices = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) indices[at] = nearest.get(pixels[at]);
  let binary = "";
  for (let at = 0; at < indices.length; at += 32768) binary += String.fromCharCode(...indices.subarray(at, at + 32768));
  return { width, height, palette: palette.map(([r, g, b]) => [r, g, b]), indices: btoa(binary) };
}
