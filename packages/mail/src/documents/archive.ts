/** What a ZIP archive holds, by name and size; nothing of it is unpacked. */
import { shorten } from './parts.ts'
import type { TextSink } from './text-sink.ts'
import type { Zip } from './zip.ts'

const maxListed = 5_000

export function listArchive({ entries, isCut }: Zip, sink: TextSink): void {
  const files = entries.filter(({ name }) => !name.endsWith('/'))
  const encrypted = files.filter(({ isEncrypted }) => isEncrypted).length
  sink.mark(`file list: ${files.length}${isCut ? ' or more' : ''} files, not unpacked`)
  if (encrypted > 0) sink.write(`${encrypted} of them are protected by a password.\n`)
  for (const { name, size, isEncrypted } of files.slice(0, maxListed))
    sink.write(`${shorten(name)}\t${size} bytes${isEncrypted ? '\tpassword' : ''}\n`)
  if (files.length > maxListed) sink.mark(`file list: ${files.length - maxListed} more are not shown`)
}
