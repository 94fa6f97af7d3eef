/**
 * From a host name to its addresses: the hosts file, then DNS, as the system would, but by a resolver that can be
 * cancelled. `dns.lookup` cannot: it holds one of the four threads of the process until the name server answers, so a
 * few silent name servers would stop every other lookup. Whether an address may be reached is host-policy.ts.
 */
import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'

/** Rejects when the name has no address, and with the signal's reason when it aborts; the lookup is over by then. */
export type ResolveName = (host: string, signal: AbortSignal) => Promise<readonly string[]>

export interface NameResolverOptions {
  /** `address:port` of name servers; those of the system unless a test has its own. */
  readonly servers?: readonly string[]
  readonly hostsFile?: string
  /**
   * Names that DNS does not have are asked of the system too: `nas.local` is known to it alone. For the local runner;
   * elsewhere everything must be cancellable.
   */
  readonly asksSystem?: boolean
}

/** Of one attempt at one server; the second attempt waits longer. */
const attemptTimeoutMs = 2_000
const attempts = 2
/** Where one family has answered, a name server that is silent on the other is not waited for. */
const otherFamilyMs = 500
/** At once, of the four threads: files and hashes need them too, and such a name can be as silent as any. */
const maxSystemLookups = 2
/** A hosts file that blocks advertisements has a hundred thousand lines, 3 MB. */
const maxHostsFileChars = 8_000_000

export function createNameResolver(options: NameResolverOptions = {}): ResolveName {
  const { servers, hostsFile = '/etc/hosts', asksSystem = false } = options
  let asking = 0

  async function askSystem(host: string): Promise<readonly string[]> {
    asking += 1
    try {
      const answers = await lookup(host, { all: true, verbatim: true })
      return answers.map(({ address }) => address)
    } finally {
      asking -= 1
    }
  }

  return async (host, signal) => {
    signal.throwIfAborted()
    const listed = await findInHostsFile(hostsFile, host)
    if (listed.length > 0) return listed
    try {
      return await askDns(host, signal, servers)
    } catch (error) {
      signal.throwIfAborted()
      if (!asksSystem || !isUnknownName(error) || asking >= maxSystemLookups) throw error
      return await askSystem(host)
    }
  }
}

/** IPv4 first: Lambda outside a VPC has no IPv6 egress, and every mail host of note answers on IPv4. */
async function askDns(
  host: string,
  signal: AbortSignal,
  servers: readonly string[] | undefined,
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: attemptTimeoutMs, tries: attempts })
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const families = [resolver.resolve4(host), resolver.resolve6(host)]
  let timer: NodeJS.Timeout | undefined
  for (const family of families) {
    family.then(
      () => {
        timer ??= setTimeout(cancel, otherFamilyMs)
      },
      () => undefined,
    )
  }
  try {
    const settled = await Promise.allSettled(families)
    signal.throwIfAborted()
    const addresses = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    const [failure] = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    if (addresses.length === 0) throw failure ?? new Error('the name has no address')
    return addresses
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
  }
}

/** Every address of the name, in the file's order; `localhost` needs no entry (RFC 6761 §6.3). */
async function findInHostsFile(path: string, host: string): Promise<string[]> {
  const name = host.toLowerCase()
  const text = await readFile(path, 'utf8').catch(() => '')
  const found: string[] = []
  for (const line of text.slice(0, maxHostsFileChars).split('\n')) {
    if (!line.toLowerCase().includes(name)) continue
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    if (isIP(address) !== 0 && names.some((one) => one.toLowerCase() === name)) found.push(address)
  }
  return found.length === 0 && name === 'localhost' ? ['127.0.0.1', '::1'] : found
}

function isUnknownName(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA')
}
