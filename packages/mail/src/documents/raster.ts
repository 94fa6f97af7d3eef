/** Pictures as rows of pixels: made smaller by averaging, so that only the small one is ever held as RGBA. */
export interface Raster {
  readonly width: number
  readonly height: number
  /** Bytes a pixel: 1 grey, 3 red-green-blue, 4 with transparency; 0: one bit a pixel, rows padded to bytes. */
  readonly channels: 0 | 1 | 3 | 4
  readonly data: Uint8Array | Uint8ClampedArray
  /** Of one bit: set is black. */
  readonly isInverted?: boolean
}

export interface Rgba {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray<ArrayBuffer>
}

/** Models scale pictures down to about this themselves. */
const maxEdge = 1_568

/** On white where it lets light through. */
export function scaleDown(raster: Raster): Rgba {
  const factor = Math.max(1, Math.max(raster.width, raster.height) / maxEdge)
  const width = Math.max(1, Math.floor(raster.width / factor))
  const height = Math.max(1, Math.floor(raster.height / factor))
  const data = new Uint8ClampedArray(new ArrayBuffer(width * height * 4))
  const read = createReader(raster)
  const sums = new Float64Array(width * 4)
  const pixel: [number, number, number] = [0, 0, 0]
  for (let y = 0; y < height; y++) {
    const fromRow = Math.floor(y * factor)
    const toRow = Math.min(raster.height, Math.max(fromRow + 1, Math.floor((y + 1) * factor)))
    sums.fill(0)
    for (let row = fromRow; row < toRow; row++)
      for (let x = 0; x < width; x++) {
        const from = Math.floor(x * factor)
        const to = Math.min(raster.width, Math.max(from + 1, Math.floor((x + 1) * factor)))
        for (let column = from; column < to; column++) {
          read(row, column, pixel)
          const at = x * 4
          sums[at] = (sums[at] ?? 0) + pixel[0]
          sums[at + 1] = (sums[at + 1] ?? 0) + pixel[1]
          sums[at + 2] = (sums[at + 2] ?? 0) + pixel[2]
          sums[at + 3] = (sums[at + 3] ?? 0) + 1
        }
      }
    for (let x = 0; x < width; x++) {
      const count = sums[x * 4 + 3] ?? 1
      const at = (y * width + x) * 4
      for (let channel = 0; channel < 3; channel++) data[at + channel] = (sums[x * 4 + channel] ?? 0) / count
      data[at + 3] = 255
    }
  }
  return { width, height, data }
}

function createReader({ width, channels, data, isInverted = false }: Raster) {
  const rowBytes = channels === 0 ? Math.ceil(width / 8) : width * channels
  return (row: number, column: number, pixel: [number, number, number]): void => {
    if (channels === 0) {
      const bit = ((data[row * rowBytes + (column >> 3)] ?? 0) >> (7 - (column & 7))) & 1
      const value = (bit === 1) !== isInverted ? 255 : 0
      pixel.fill(value)
      return
    }
    const at = row * rowBytes + column * channels
    if (channels === 1) {
      pixel.fill(data[at] ?? 0)
      return
    }
    const alpha = channels === 4 ? (data[at + 3] ?? 255) / 255 : 1
    for (let channel = 0; channel < 3; channel++)
      pixel[channel] = (data[at + channel] ?? 0) * alpha + 255 * (1 - alpha)
  }
}
