/**
 * Cookies that tie a form to the browser that loaded its page. One name per sign-in, so that two tabs do not end each
 * other; only a hash of the value is ever stored.
 */

/** `__Host-` pins it to this host and to https; Safari refuses that on http://localhost. */
function fullName(issuer: string, name: string): string {
  return `${issuer.startsWith('https:') ? '__Host-' : ''}${name}`
}

/** The Set-Cookie value; `maxAgeSeconds` 0 ends it. */
export function toSetCookie(
  issuer: string,
  cookie: { readonly name: string; readonly value: string; readonly maxAgeSeconds: number },
): string {
  const secure = issuer.startsWith('https:') ? '; Secure' : ''
  const { name, value, maxAgeSeconds } = cookie
  return `${fullName(issuer, name)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`
}

/** Undefined also when it is sent twice: then someone else may have set one of them. */
export function readCookie(request: Request, issuer: string, name: string): string | undefined {
  const start = `${fullName(issuer, name)}=`
  const values = (request.headers.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
  return values.length === 1 ? values[0]?.slice(start.length) : undefined
}
