/**
 * A secret in a file that only its owner can read, made once. Two processes that start together, or a kill in the
 * middle of the first write, leave one whole file: it is written under another name, then linked into place.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Its message is for the operator. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError'
}

/** The text of the file at `path`, made by `create` when there is none. Refuses a file that others can read. */
export async function readOrCreateSecretFile(path: string, create: () => string): Promise<string> {
  const found = await readSecretFile(path)
  if (found !== undefined) return found
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(create())
      await file.sync()
    } finally {
      await file.close()
    }
    await link(draft, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
    await syncFolder(dirname(path))
  } finally {
    await rm(draft, { force: true })
  }
  // Read back, not returned from memory: the loser of the race uses the winner's.
  const written = await readSecretFile(path)
  if (written === undefined) throw new Error('The secret file vanished while it was being made')
  return written
}

async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0)
      throw new SecretFileError(`${path} can be read by others; run: chmod 600 ${path}`)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Without this a power cut could keep what the key sealed and forget the key. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
