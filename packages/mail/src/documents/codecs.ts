/** JPEG and PNG to pixels, and pixels to JPEG, without native code. The files load with the first picture. */
import type { Rgba } from './raster.ts'
import { wasmFiles } from './wasm-files.ts'

/** Sharp enough to read small print on a scan. */
const quality = 80

export async function encodeJpeg(picture: Rgba): Promise<Uint8Array> {
  const { default: encode, init } = await import('@jsquash/jpeg/encode.js')
  await init(new WebAssembly.Module(wasmFiles.jpegEncoder()))
  return new Uint8Array(await encode({ ...picture, colorSpace: 'srgb' }, { quality }))
}

export async function decodeJpeg(content: Buffer): Promise<Rgba> {
  defineImageData()
  const { default: decode, init } = await import('@jsquash/jpeg/decode.js')
  await init(new WebAssembly.Module(wasmFiles.jpegDecoder()))
  return toRgba(await decode(toArrayBuffer(content)))
}

export async function decodePng(content: Buffer): Promise<Rgba> {
  defineImageData()
  const { default: decode, init } = await import('@jsquash/png/decode.js')
  await init(new WebAssembly.Module(wasmFiles.png()))
  return toRgba(await decode(toArrayBuffer(content)))
}

function toRgba({ width, height, data }: { width: number; height: number; data: unknown }): Rgba {
  return { width, height, data: data as Uint8ClampedArray<ArrayBuffer> }
}

function toArrayBuffer(content: Buffer): ArrayBuffer {
  return content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) as ArrayBuffer
}

/** What browsers have and the codecs answer with. */
function defineImageData(): void {
  if ('ImageData' in globalThis) return
  class ImageData {
    readonly data: Uint8ClampedArray
    readonly width: number
    readonly height: number
    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.data = data
      this.width = width
      this.height = height
    }
  }
  Object.assign(globalThis, { ImageData })
}
