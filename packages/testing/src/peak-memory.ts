/** The most a process has held since its program began. */
import { readFileSync } from 'node:fs'

/**
 * Bytes in memory, as the kernel kept count of them (Linux). `resourceUsage` is no answer: its `maxRSS` begins with what
 * the process held that started this one.
 */
export function peakBytes(pid: number | 'self'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
  if (kilobytes === undefined) throw new Error('The kernel tells no peak of this process')
  return Number(kilobytes) * 1024
}
