/**
 * The key wrapper of the local runner: one AES-256 key in a file of mode 0600, made on first use. It binds a data key
 * to its context as KMS does. What it cannot do is keep the key from someone who can read that file.
 */
import { randomBytes } from 'node:crypto'
import type { KeyContext, KeyWrapper } from './key-wrapper.ts'
import { KeyRefusedError, KeyUnavailableError } from './key-wrapper.ts'
import { canonical, keyBytes, open, seal, zero } from './seal.ts'
import { readOrCreateSecretFile } from './secret-file.ts'

export function createFileKeyWrapper(options: { path: string }): KeyWrapper {
  return {
    async generateDataKey(context) {
      const wrappingKey = await readKey(options.path)
      const plain = new Uint8Array(randomBytes(keyBytes))
      try {
        return { plain, wrapped: seal(wrappingKey, plain, associated(context)) }
      } catch (error) {
        zero(plain)
        throw error
      } finally {
        zero(wrappingKey)
      }
    },

    async unwrapDataKey(wrapped, context) {
      const wrappingKey = await readKey(options.path)
      try {
        return open(wrappingKey, wrapped, associated(context))
      } catch (cause) {
        throw new KeyRefusedError('The key file does not open this data key', { cause })
      } finally {
        zero(wrappingKey)
      }
    },
  }
}

async function readKey(path: string): Promise<Uint8Array> {
  let text: string
  try {
    text = await readOrCreateSecretFile(path, () => randomBytes(keyBytes).toString('base64url'))
  } catch (cause) {
    throw new KeyUnavailableError('The key file cannot be read', { cause })
  }
  const key = Buffer.from(text.trim(), 'base64url')
  if (key.length !== keyBytes) throw new KeyUnavailableError('The key file does not hold a 32-byte key')
  return key
}

function associated(context: KeyContext): Uint8Array {
  return canonical(['data-key', context.app, context.stage, context.grantId, context.accountId])
}
