/**
 * Goes through the sign-in page as a browser would, with fetch alone: loads it, reads the form, posts the fields with
 * the page's cookies, and hands back where the answer redirects to. For many sign-ins in a test; what a real browser
 * makes of the page is tested in Chromium.
 */

export type CookieJar = Map<string, string>

export type SignInOutcome =
  | {
      readonly redirected: true
      readonly status: number
      readonly url: URL
      readonly code: string | null
      readonly state: string | null
      readonly issuer: string | null
      readonly error: string | null
    }
  /** The page that was shown instead: the form again, or a refusal. */
  | { readonly redirected: false; readonly status: number; readonly html: string }

export interface SignInRequest {
  /** `/oauth/authorize?…` in full. */
  authorizeUrl: string | URL
  /** What the owner types and ticks: provider, address, password, permission, imap_host, … */
  fields: Readonly<Record<string, string>>
  /** To stay the same browser over several sign-ins. */
  jar?: CookieJar
  fetch?: (input: string | URL, init: RequestInit) => Promise<Response>
}

export async function completeSignIn(request: SignInRequest): Promise<SignInOutcome> {
  const { jar = new Map() } = request
  const send = request.fetch ?? fetch
  const page = await send(request.authorizeUrl, {
    redirect: 'manual',
    headers: {
      ...cookies(jar),
      Accept: 'text/html',
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'navigate',
    },
  })
  keepCookies(page, jar)
  if (page.status !== 200) return toOutcome(page, request.authorizeUrl)

  const form = parseForm(await page.text())
  const action = new URL(form.action, request.authorizeUrl)
  const answer = await send(action, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      ...cookies(jar),
      'Content-Type': 'application/x-www-form-urlencoded',
      Accept: 'text/html',
      // The page's own no-referrer makes browsers hide the origin.
      Origin: 'null',
      'Sec-Fetch-Site': 'same-origin',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    },
    body: new URLSearchParams({ ...form.hidden, ...request.fields }).toString(),
  })
  keepCookies(answer, jar)
  return toOutcome(answer, action)
}

/** The first form that posts, with its hidden fields. */
export function parseForm(html: string): { action: string; hidden: Record<string, string> } {
  const [, attributes, content = ''] =
    /<form\b([^>]*method="?post"?[^>]*)>([\s\S]*?)<\/form>/i.exec(html) ?? []
  if (attributes === undefined) throw new Error('the page has no form that posts')
  const hidden: Record<string, string> = {}
  for (const [input] of content.matchAll(/<input\b[^>]*>/gi)) {
    if (attribute(input, 'type') !== 'hidden') continue
    hidden[attribute(input, 'name') ?? ''] = attribute(input, 'value') ?? ''
  }
  return { action: attribute(attributes, 'action') ?? '', hidden }
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag)
  const value = found?.[1] ?? found?.[2] ?? found?.[3]
  return value
    ?.replace(/&quot;/g, '"')
    .replace(/&#(?:39|x27);/gi, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}

export function cookies(jar: CookieJar): Record<string, string> {
  if (jar.size === 0) return {}
  return { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }
}

export function keepCookies(response: Response, jar: CookieJar) {
  for (const line of response.headers.getSetCookie()) {
    const [pair = '', ...attributes] = line.split(';')
    const [name = '', ...value] = pair.split('=')
    const expired = attributes.some((one) => /^\s*max-age=0\s*$/i.test(one))
    if (expired) jar.delete(name.trim())
    else jar.set(name.trim(), value.join('=').trim())
  }
}

async function toOutcome(response: Response, origin: string | URL): Promise<SignInOutcome> {
  const { status } = response
  const location = response.headers.get('location')
  if (location === null) return { redirected: false, status, html: await response.text() }
  const url = new URL(location, origin)
  const { searchParams } = url
  return {
    redirected: true,
    status,
    url,
    code: searchParams.get('code'),
    state: searchParams.get('state'),
    issuer: searchParams.get('iss'),
    error: searchParams.get('error'),
  }
}
