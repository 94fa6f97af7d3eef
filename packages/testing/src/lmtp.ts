/** A minimal LMTP client (RFC 2033): hands one message to Dovecot and reports the answer for each recipient. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

export interface LmtpAnswer {
  recipient: string
  code: number
  text: string
}

export async function deliverOverLmtp(
  path: string,
  from: string,
  recipients: readonly string[],
  raw: Buffer,
): Promise<LmtpAnswer[]> {
  const socket = connect(path)
  await once(socket, 'connect')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  /** The last line of the next reply; lines before it carry a hyphen after the code. */
  const reply = async () => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error('LMTP server closed the connection')
      if (/^\d{3} /.test(value)) return { code: Number(value.slice(0, 3)), text: value.slice(4) }
    }
  }
  const ask = (line: string) => {
    socket.write(`${line}\r\n`)
    return reply()
  }

  try {
    await reply()
    await ask('LHLO localhost')
    await ask(`MAIL FROM:<${from}>`)
    const answers: LmtpAnswer[] = []
    const taken: string[] = []
    for (const recipient of recipients) {
      const answer = await ask(`RCPT TO:<${recipient}>`)
      if (answer.code < 300) taken.push(recipient)
      else answers.push({ recipient, ...answer })
    }
    if (taken.length === 0) return answers
    await ask('DATA')
    const text = raw.toString('latin1').replace(/(\r\n|^)\./g, '$1..')
    socket.write(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
    socket.write('.\r\n')
    // RFC 2033 §4.2: one reply for each recipient that was taken, in order.
    for (const recipient of taken) answers.push({ recipient, ...(await reply()) })
    return answers
  } finally {
    socket.destroy()
  }
}
