/**
 * The codecs of pictures, as WebAssembly: scripts/build.ts puts into the bundle in place of
 * the files that are read here.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const wasmFiles = {
  jpegDecoder: () => readFileSync(require.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')),
  jpegEncoder: () => readFileSync(require.resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm')),
  png: () => readFileSync(require.resolve('@jsquash/png/codec/pkg/squoosh_png_bg.wasm')),
}
