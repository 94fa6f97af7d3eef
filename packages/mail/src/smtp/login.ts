/**
 * The SMTP AUTH exchange (RFC 4954), run through nodemailer's hook for own mechanisms: one command where the server
 * allows it, and no password to a server that takes tokens only. nodemailer's own XOAUTH2 tries a refused token twice.
 */
import type { CustomAuthenticationContext } from 'nodemailer/lib/smtp-connection'
import type { MailAccount, MailCredential } from '../account.ts'
import { MailError } from '../mail-error.ts'
import { parseChallenge } from '../token-refusal.ts'
import { readLoginRefusal, readTokenLoginRefusal } from './reply.ts'

type SendCommand = (command: string) => Promise<{ response: string; status: number }>

/** Throws what the server's answer to the login means, or `not_supported`. */
export async function authenticate(account: MailAccount, server: CustomAuthenticationContext): Promise<void> {
  const send: SendCommand = (command) => server.sendCommand(command)
  const { credential } = account
  if (credential.type === 'oauth') return await presentToken(account, credential, send)
  const { response, status } = await exchange(account.login, credential.password, server.authMethods, send)
  if (status !== 235) throw readLoginRefusal(toFailure(response, status))
}

/** One command; 334 carries the error as JSON, and an answer that says nothing brings the final reply. */
async function presentToken(
  { login, smtp }: MailAccount,
  { accessToken, mechanism = 'XOAUTH2' }: Extract<MailCredential, { type: 'oauth' }>,
  send: SendCommand,
): Promise<void> {
  const isBearer = mechanism === 'OAUTHBEARER'
  const token = isBearer
    ? // RFC 7628 §3.1; RFC 5801 §4 for the name
      `n,a=${login.replace(/=/g, '=3D').replace(/,/g, '=2C')},\u0001host=${smtp.host}\u0001port=${smtp.port}\u0001auth=Bearer ${accessToken}\u0001\u0001`
    : // Google, "SASL XOAUTH2 mechanism"
      `user=${login}\u0001auth=Bearer ${accessToken}\u0001\u0001`
  const reply = await send(`AUTH ${mechanism} ${toBase64(token)}`)
  if (reply.status === 235) return
  if (reply.status !== 334) throw readTokenLoginRefusal(toFailure(reply.response, reply.status), undefined)
  const challenge = parseChallenge(reply.response.replace(/^334[ -]?/, '').trim())
  const { response, status } = await send(isBearer ? toBase64('\u0001') : '')
  throw readTokenLoginRefusal(toFailure(response, status), challenge)
}

function toFailure(response: string, responseCode: number) {
  return Object.assign(new Error('login refused'), { response, responseCode })
}

async function exchange(login: string, secret: string, offered: readonly string[], send: SendCommand) {
  // a server that names no mechanism at all is given the one every server has
  if (offered.includes('PLAIN') || offered.length === 0) {
    const response = toBase64(`\u0000${login}\u0000${secret}`) // RFC 4616 §2
    const reply = await send(`AUTH PLAIN ${response}`)
    return reply.status === 334 ? await send(response) : reply
  }
  if (offered.includes('LOGIN')) {
    const user = await send('AUTH LOGIN')
    if (user.status !== 334) return user
    const password = await send(toBase64(login))
    return password.status === 334 ? await send(toBase64(secret)) : password
  }
  throw new MailError(offered.includes('XOAUTH2') ? 'login_needs_oauth' : 'not_supported', {
    protocol: 'smtp',
  })
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
