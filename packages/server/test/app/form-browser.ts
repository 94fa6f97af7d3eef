/** Posts the forms of one path, in one browser: it keeps the cookies that it is given. */
import type { TestApp } from './harness.ts'

export interface FormBrowser {
  readonly cookies: Map<string, string>
  keep(response: Response): void
  post(
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<{ readonly status: number; readonly html: string; readonly headers: Headers }>
}

export function openFormBrowser(test: Pick<TestApp, 'fetch'>, path: string): FormBrowser {
  const cookies = new Map<string, string>()
  function keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
  }
  return {
    cookies,
    keep,
    async post(fields, headers = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const body = new URLSearchParams(fields)
      const response = await test.fetch(path, {
        method: 'POST',
        headers: { Cookie: cookie, ...headers },
        body,
      })
      keep(response)
      return { status: response.status, html: await response.text(), headers: response.headers }
    },
  }
}

/** What a page of the owner says of the login that was proved. */
export function proofIn(html: string): string {
  return /name="proof" value="([^"]+)"/.exec(html)?.[1] ?? ''
}
