/**
 * Which mail servers may be contacted: four ports, and hosts that resolve to public addresses only. A name is resolved
 * for every connection and the connection goes to an address checked here (R33), so a name cannot answer
 * "public" to the check and "loopback" to the connection. What is refused and what does not exist are the same error.
 * `internalHosts` are names that an organisation's deployment lets be in its own network, and nowhere else that is private.
 * `allowPrivate` is for the local runner alone; what bounds it is that no other entry point can pass it.
 */
import { isIP } from 'node:net'
import type { MailServer, TlsMode } from '../account.ts'
import { assertHost, invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import { createNameResolver, type ResolveName } from './name-resolver.ts'
import { isInternalAddress, isPublicAddress } from './public-address.ts'

/** Which of the two servers of an account. */
export type MailProtocol = 'imap' | 'smtp'

/** Which hosts and ports may be reached (R32, R33). */
export interface HostPolicy {
  readonly allowPrivate: boolean
  /** Throws `invalid_input` naming `imap_port` or `smtp_port`. */
  checkPort(server: MailServer, protocol: MailProtocol): void
  /**
   * The addresses to try, in order, every one of them checked; never empty. Throws `host_unreachable`. When the signal
   * aborts, the lookup is cancelled before this rejects.
   */
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>
}

/** The port decides the TLS mode: RFC 8314 §3.2, §3.3 for implicit, RFC 9051 §11.1 and RFC 6409 §3.1 for STARTTLS. */
const tlsModeOfPort: Readonly<Record<MailProtocol, Readonly<Record<number, TlsMode>>>> = {
  imap: { 993: 'implicit', 143: 'starttls' },
  smtp: { 465: 'implicit', 587: 'starttls' },
}

/** @param options.resolve every address of a name; hosts file and DNS unless a test passes its own */
export function createHostPolicy(
  options: { resolve?: ResolveName; allowPrivate?: boolean; internalHosts?: readonly string[] } = {},
): HostPolicy {
  const { allowPrivate = false, internalHosts = [] } = options
  const { resolve = createNameResolver({ asksSystem: allowPrivate }) } = options
  return {
    allowPrivate,

    checkPort({ port, tls }, protocol) {
      const known = Number.isInteger(port) && port > 0 && port < 65536
      if (!known || (!allowPrivate && tlsModeOfPort[protocol][port] !== tls))
        throw invalid(`${protocol}_port`)
    },

    async resolve(host, signal) {
      assertHost(host, 'host')
      const addresses = isIP(host) ? [host] : await resolve(host, signal).catch(unreachable)
      if (addresses.length === 0) return unreachable(new Error('the name has no address'))
      // one bad answer refuses all: a mixed answer is an attack or a mistake, and which one is used would be luck
      const isAllowed = internalHosts.includes(host.toLowerCase())
        ? (address: string) => isPublicAddress(address) || isInternalAddress(address)
        : isPublicAddress
      if (!allowPrivate && !addresses.every(isAllowed)) {
        return unreachable(new Error('the name has an address that is not public'))
      }
      return addresses
    },
  }
}

function unreachable(cause: unknown): never {
  throw new MailError('host_unreachable', { cause })
}
