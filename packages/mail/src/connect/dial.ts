/**
 * Opens the one connection a call makes to a mail server: address checked by the host policy, certificate checked
 * against the name the owner typed, TLS 1.2 or newer, never a resumed session (Node skips the host name check on those).
 * A STARTTLS server gets a plain socket; the protocol client upgrades it with `tlsOptions` before anything secret.
 * The signal bounds the opening; from then on the socket is its new owner's to close.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls'
import type { MailServer } from '../account.ts'
import { assertHost } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { HostPolicy, MailProtocol } from './host-policy.ts'

/** How a mail server is reached; the one door to the network of this package. */
export interface Connector {
  /**
   * A connected socket: a TLSSocket whose peer is verified where `server.tls` is `implicit`, else a plain one.
   * The caller closes it; one that was upgraded by STARTTLS only through the TLSSocket on top.
   * Throws `invalid_input`, `host_unreachable`, `tls_failed`, `connection_lost`, `timeout`.
   */
  connect(
    server: MailServer,
    options: { signal: AbortSignal; protocol: MailProtocol },
  ): Promise<Socket | TLSSocket>
  /** What a protocol client must pass to tls.connect when it upgrades a plain socket by STARTTLS. */
  tlsOptions(server: MailServer): ConnectionOptions
}

/** What every operation on a mailbox is given. */
export interface MailDeps {
  readonly connector: Connector
  /** Epoch seconds. */
  readonly now: () => number
  /** One absolute bound on the whole call, connection and answer; 25 s unless given. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
}

/** Long enough for a far server's handshake, short enough to leave time for the next address. */
const addressAttemptTimeoutMs = 4_000

/** Certificates (PEM) that vouch for some hosts and for no other, beside Node's own. */
export interface InternalTrust {
  readonly hosts: readonly string[]
  readonly ca: readonly string[]
}

/** @param options.ca certificates (PEM) trusted instead of Node's own; without it Node also honours NODE_EXTRA_CA_CERTS */
export function createConnector({
  policy,
  ca: everywhere,
  internal,
}: {
  policy: HostPolicy
  ca?: readonly string[]
  internal?: InternalTrust
}): Connector {
  function trustedFor(host: string): readonly string[] | undefined {
    if (internal === undefined || internal.ca.length === 0 || !internal.hosts.includes(host.toLowerCase()))
      return everywhere
    return [...(everywhere ?? rootCertificates), ...internal.ca]
  }

  function tlsOptions({ host }: MailServer): ConnectionOptions {
    const ca = trustedFor(host)
    return {
      host,
      // RFC 6066 §3: a literal address is not a server name; its certificate is then checked by IP
      ...(isIP(host) ? {} : { servername: host }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    }
  }

  return {
    tlsOptions,

    async connect(server, { signal, protocol }) {
      assertHost(server.host, `${protocol}_host`)
      policy.checkPort(server, protocol)
      const addresses = await resolved(policy, server.host, signal, protocol)
      const socket = await opened(dialTcp(server, addresses), 'connect', signal, protocol)
      if (server.tls === 'starttls') return socket
      return await opened(connectTls({ ...tlsOptions(server), socket }), 'secureConnect', signal, protocol)
    },
  }
}

function dialTcp({ host, port }: MailServer, addresses: readonly string[]): Socket {
  return connectTcp({
    host,
    port,
    noDelay: true,
    // the connection goes to the addresses that were checked; nothing looks the name up a second time (R33)
    lookup: (_host, _options, answer) =>
      answer(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: addressAttemptTimeoutMs,
  })
}

function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  protocol: MailProtocol,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(new MailError('timeout', { cause: signal.reason, protocol }))
      socket.destroy()
    }
    // once opened the signal lets go: destroying the socket below a TLSSocket and then the TLSSocket, as a client that
    // upgraded it would, crashes Node 20
    const finish = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    // stays for the socket's life: between here and its next owner an error must not find nobody listening
    socket.on('error', (cause) => finish(() => reject(toDialError(cause, event, protocol))))
    socket.once('close', () => finish(() => reject(new MailError('connection_lost', { protocol }))))
    socket.once(event, () => finish(() => resolve(socket)))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

function toDialError(cause: Error, event: 'connect' | 'secureConnect', protocol: MailProtocol): MailError {
  if (event === 'connect') return new MailError('host_unreachable', { cause, protocol })
  const dropped = 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
  return new MailError(dropped ? 'connection_lost' : 'tls_failed', { cause, protocol })
}

/** The lookup is cancelled with the signal; the call does not wait for it to end. */
function resolved(
  policy: HostPolicy,
  host: string,
  signal: AbortSignal,
  protocol: MailProtocol,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new MailError('timeout', { cause: signal.reason, protocol }))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    policy
      .resolve(host, signal)
      // refused, unknown or unreachable: the same error down to its properties (R40)
      .then(resolve, (cause) => reject(new MailError('host_unreachable', { cause, protocol })))
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
