/**
 * DATA_DIR is for its owner alone: folders 0700, store files 0600, also where an older release, a restored backup or a
 * folder that was there before left more. Keys are another matter: one that others could read is refused by
 * keys/secret-file.ts, since tightening it would hide that it may have been read. A folder that holds other things as
 * well is somebody's own: it is left as it is and said.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const others = 0o077
/** What this product puts into DATA_DIR. */
const own = /^(?:store|key|instance-secrets\.json|try\.json)(?:\.[0-9a-f]{12}|\.part)?$/

/** Answers what the owner should know, if anything. */
export function makePrivateFolder(dataDir: string): string | undefined {
  // For whatever is made from here on: LevelDB asks for 0644.
  process.umask(others)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const entries = readdirSync(dataDir)
  if (entries.includes('store')) tighten(join(dataDir, 'store'))
  if (entries.includes('try.json')) tighten(join(dataDir, 'try.json'))
  const { mode, uid } = lstatSync(dataDir)
  if (process.platform === 'win32' || (mode & others) === 0) return undefined
  if (uid === process.getuid?.() && entries.every((name) => own.test(name))) {
    chmodSync(dataDir, 0o700)
    return undefined
  }
  return `Others can look into ${dataDir}, which also holds other files: a folder of its own is better (DATA_DIR). The store and the keys in it are readable by their owner only.`
}

function tighten(path: string): void {
  try {
    const found = lstatSync(path)
    // A link leads to what may be somebody else's.
    if (found.isSymbolicLink()) return
    if ((found.mode & others) !== 0) chmodSync(path, found.mode & 0o700)
    if (found.isDirectory()) for (const name of readdirSync(path)) tighten(join(path, name))
  } catch (error) {
    // A runner that is still there may delete a file of the store meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
