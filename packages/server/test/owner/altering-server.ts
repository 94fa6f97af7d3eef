/** A mail server that keeps something else than it was given: `given` goes into the real one as `kept`, which is as long. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'
import { connect, createServer } from 'node:tls'
import type { Dovecot } from '@email-connector/testing'

export async function startAlteringServer(
  dovecot: Pick<Dovecot, 'authority' | 'ca' | 'imapsPort'>,
  { given, kept }: { readonly given: string; readonly kept: string },
) {
  let altered = 0
  const certificate = await dovecot.authority.issue({ names: ['localhost'] })
  const server = createServer(certificate, (client) => {
    const real = connect({ host: 'localhost', port: dovecot.imapsPort, ca: dovecot.ca })
    for (const [one, other] of [
      [client, real],
      [real, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    const alter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const text = chunk.toString('latin1')
        if (text.includes(given)) altered += 1
        done(null, Buffer.from(text.replaceAll(given, kept), 'latin1'))
      },
    })
    client.pipe(alter).pipe(real)
    real.pipe(client)
  })
  await once(server.listen(0, 'localhost'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    altered: () => altered,
    close: () => server.close(),
  }
}
