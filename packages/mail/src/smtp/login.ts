/**
 * The SMTP AUTH exchange (RFC 4954), run through nodemailer's hook for own mechanisms: one command where the server
 * allows it, and no password to a server that takes tokens only. nodemailer's own XOAUTH2 tries a refused token twice.
 */
import type { CustomAuthenticationContext } from 'nodemailer/lib/smtp-connection'
import type { MailAccount } from '../account.ts'
import { MailError } from '../mail-error.ts'
import { readLoginRefusal } from './reply.ts'

type SendCommand = (command: string) => Promise<{ response: string; status: number }>

/** Throws `login_refused`, `login_needs_oauth`, `throttled`, `server_refused`, `not_supported`. */
export async function authenticate(account: MailAccount, server: CustomAuthenticationContext): Promise<void> {
  const send: SendCommand = (command) => server.sendCommand(command)
  const { response, status } = await exchange(account, server.authMethods, send)
  if (status !== 235) {
    throw readLoginRefusal(Object.assign(new Error('login refused'), { response, responseCode: status }))
  }
}

async function exchange({ login, credential }: MailAccount, offered: readonly string[], send: SendCommand) {
  if (credential.type === 'oauth') {
    // Google, "SASL XOAUTH2 mechanism"
    const token = toBase64(`user=${login}\u0001auth=Bearer ${credential.accessToken}\u0001\u0001`)
    const reply = await send(`AUTH XOAUTH2 ${token}`)
    // 334 carries the error as JSON; an empty line brings the final reply
    return reply.status === 334 ? await send('') : reply
  }
  // a server that names no mechanism at all is given the one every server has
  if (offered.includes('PLAIN') || offered.length === 0) {
    const response = toBase64(`\u0000${login}\u0000${credential.password}`) // RFC 4616 §2
    const reply = await send(`AUTH PLAIN ${response}`)
    return reply.status === 334 ? await send(response) : reply
  }
  if (offered.includes('LOGIN')) {
    const user = await send('AUTH LOGIN')
    if (user.status !== 334) return user
    const password = await send(toBase64(login))
    return password.status === 334 ? await send(toBase64(credential.password)) : password
  }
  throw new MailError(offered.includes('XOAUTH2') ? 'login_needs_oauth' : 'not_supported', {
    protocol: 'smtp',
  })
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
