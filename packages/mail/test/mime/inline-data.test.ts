/** R81, R77: `data:` pictures are left out of HTML before it is decoded, and nothing else is. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { expect, test } from 'vitest'
import { dropInlineData } from '../../src/mime/inline-data.ts'

const data = 'QUJD'.repeat(500)
const wrapped = data.replaceAll(/.{76}/g, '$&\r\n')
const drop = async (html: string) => (await dropInlineData(Buffer.from(html, 'latin1'))).toString('latin1')

test.each([
  ['in quotes', `<img src="data:image/png;base64,${data}" alt="x">`],
  ['in lines', `<img src="data:image/png;base64,${wrapped}" alt="x">`],
  ['with a blank in front', `<img src=' data:image/png;base64,\n${wrapped}\n' alt="x">`],
  ['without quotes', `<img src=data:image/png;base64,${data} alt="x">`],
  ['with a name', `<img src="data:image/svg+xml;charset=utf-8;name=a.svg;base64,${data}" alt="x">`],
  ['in a style', `<p style="background:url(data:image/png;base64,${data}) no-repeat" alt="x">`],
  ['of a rule', `<style>p{background:url('DATA:image/png;base64,${wrapped}')}</style><p alt="x">`],
  ['without an end', `<p alt="x"><img src="data:image/png;base64,${wrapped}`],
])('R81: a picture %s', async (_name, html) => {
  const left = await drop(`${html}<p>Words</p>${html}`)
  expect(left).not.toContain('QUJDQUJD')
  expect(left.match(/alt="x"/g)).toHaveLength(2)
  expect(left.match(/;base64,/g)).toHaveLength(2)
})

test.each([
  ['a short one', `<img src="data:image/png;base64,${data.slice(0, 900)}">`],
  ['no address', `<p>The text;base64,${data}</p>`],
  ['words', `<p>"data:text/plain;base64, ${'as a sentence would go on '.repeat(60)}"</p>`],
  ['nothing', ''],
])('R81: %s is left as it is', async (_name, html) => {
  const bytes = Buffer.from(html)
  expect(await dropInlineData(bytes)).toBe(bytes)
})

test('R81: what follows a picture without quotes is kept from its first letter', async () => {
  const lines = `data:image/png;base64,${data}\nThen these words`
  expect(await drop(lines)).toBe('data:image/png;base64,\nThen these words')
})

test.each([';base64,', 'data:;base64,', '"data:;base64,', `"data:;base64,${'A'.repeat(39)} `, '"data:'])(
  'R77: 4 MiB of %s are read in one pass, and others get their turns',
  async (token) => {
    const html = Buffer.from(token.repeat(Math.ceil((4 * 1024 * 1024) / token.length)))
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const ms = await leastCpuMs(5_000, () => dropInlineData(html))
    clearInterval(timer)
    expect(ms).toBeLessThan(5_000)
    if (token.includes('base64')) expect(turns).toBeGreaterThan(1)
  },
)
