/** The client's answer of SASL PLAIN (RFC 4616) and XOAUTH2, as the scripted servers read it. */
export function parseSaslResponse(mechanism: string, base64: string): { user: string; secret: string } {
  const response = Buffer.from(base64, 'base64').toString()
  if (mechanism.toUpperCase() === 'XOAUTH2') {
    const [user = '', token = ''] = response.split('\u0001')
    return { user: user.replace(/^user=/, ''), secret: token.replace(/^auth=Bearer /, '') }
  }
  const [, user = '', secret = ''] = response.split('\0')
  return { user, secret }
}
