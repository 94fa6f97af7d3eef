/** Signs in at the stand-in of a provider with fetch alone: every page of it, from its own login to the redirect back. */
import { type CookieJar, cookies, keepCookies, parseForm } from './sign-in-form.ts'

/** Login, consent, and a redirect before and after each. */
const maxPages = 10

/** Where the provider sends the browser back to. `jar`: of the browser, at the provider. */
export async function signInWithFetch(
  url: string,
  { name, redirectUri, jar = new Map() }: { name: string; redirectUri: string; jar?: CookieJar },
): Promise<URL> {
  let next = new URL(url)
  let body: URLSearchParams | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await fetch(next, {
      redirect: 'manual',
      headers: cookies(jar),
      ...(body && { method: 'POST', body }),
    })
    keepCookies(answer, jar)
    const location = answer.headers.get('location')
    if (location?.startsWith(redirectUri)) return new URL(location)
    if (location !== null) {
      next = new URL(location, next)
      body = undefined
      continue
    }
    const form = parseForm(await answer.text())
    next = new URL(form.action, next)
    body = new URLSearchParams({ ...form.hidden, login: name, password: 'anything' })
  }
  throw new Error('The provider shows pages without end')
}
