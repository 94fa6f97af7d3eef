/**
 * R92, R100: the review card in Chromium, in the host of MCP Apps that the extension's authors wrote, before a real server
 * and a real mailbox. SCREENSHOTS=<folder> keeps pictures.
 */
import {
  findChromium,
  findDovecot,
  launchBrowser,
  type Page,
  type TestBrowser,
} from '@email-connector/testing'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Frame, keepPicture, pixelsTooWide, prepareAxe, violationsIn } from '../pages/axe.ts'
import {
  type Answer,
  type CardClient,
  type Mailboxes,
  type OpenCards,
  startMailboxes,
  stateOf,
} from '../sending/card-clients.ts'

const hostUrl = 'https://host.test.example/'

/** What the page has that host-page.ts put there. */
interface HostWindow {
  heard: [string, { name?: string; arguments?: { answer?: string }; content?: { text: string }[] }][]
  showCard(html: string, context: object): Promise<void>
  give(result: Answer): Promise<void>
  changeContext(context: object): Promise<void>
}

const hostile = '<img src=https://evil.example/x onerror="document.title=\'owned\'"><b>Bold</b>'
const letter = (subject: string) => ({
  to: ['Bob <bob@test.example>', 'a1ice@test.example'],
  cc: ['carol@test.example'],
  subject: `${subject} ${hostile}`,
  body: `Dear Bob,\n\n${hostile}\u200b\u200b\n\n${'A long email goes on and on. '.repeat(80)}`,
  attachments: [{ filename: `minutes ${hostile}.txt`, content_type: 'text/plain', content: 'five!' }],
})

describe.skipIf(findChromium() === undefined || !findDovecot())('the review card in a host', () => {
  let mail: Mailboxes
  let tools: OpenCards
  let client: CardClient
  let browser: TestBrowser
  let hostScript: string
  let html: string
  beforeAll(async () => {
    const entry = new URL('host-page.ts', import.meta.url).pathname
    const bundling = build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
    })
    ;[mail, browser] = await Promise.all([startMailboxes(), launchBrowser()])
    hostScript = (await bundling).outputFiles[0]?.text ?? ''
    tools = await mail.open()
    client = await tools.connect('2025', { cards: true })
    const { tools: listed } = await client.client.listTools()
    const { _meta } = listed.find(({ name }) => name === 'send_email') ?? {}
    const { resourceUri: uri } = (_meta?.ui ?? {}) as { resourceUri: string }
    const [content] = (await client.client.readResource({ uri })).contents
    if (content === undefined || !('text' in content)) throw new Error('The card has no text')
    html = content.text
  })
  afterAll(async () => {
    await browser?.close()
    await mail?.close()
  })

  async function show({ width = 390, theme = 'light', variables = {}, fail = 0 } = {}) {
    const page = await browser.newPage({ width, height: 900 })
    const problems: string[] = []
    const reached: string[] = []
    let failures = fail
    // The bridge tells its console of every message.
    page.on('console', (message) => message.type() === 'debug' || problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('request', (request) => reached.push(request.url()))
    await prepareAxe(page)
    await page.exposeFunction(
      'callTool',
      async (params: { name: string; arguments: Record<string, unknown> }) => {
        if (failures-- > 0) throw new Error('The host is out of order')
        return await client.call(params.name, params.arguments)
      },
    )
    await page.route(hostUrl, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<!doctype html><html lang="en"><title>Host</title><h1>Host</h1>',
      }),
    )
    await page.goto(hostUrl)
    await page.addScriptTag({ content: hostScript })
    await page.evaluate(([card, context]) => (window as unknown as HostWindow).showCard(card, context), [
      html,
      { theme, styles: { variables } },
    ] as const)
    const card = page.frames().at(-1)
    if (card === undefined) throw new Error('There is no card')
    return { page, card, problems, reached }
  }
  const give = (page: Page, result: Answer) =>
    page.evaluate((given) => (window as unknown as HostWindow).give(given), result)
  const heard = async (page: Page, kind: string) =>
    (await page.evaluate(() => (window as unknown as HostWindow).heard)).filter(([one]) => one === kind)
  const hold = (subject: string) => client.call('send_email', letter(subject))
  let before = 0
  beforeEach(() => {
    before = mail.sink.dataCount()
  })
  /** Since the test began. */
  const sent = () => mail.sink.dataCount() - before
  const outcomeOf = (card: Frame) => card.locator('#outcome')
  const picture = (page: Page, name: string) => keepPicture(page, `card-${name}`)

  async function look(page: Page, card: Frame, name: string) {
    await picture(page, name)
    expect(await violationsIn(card), name).toEqual([])
    expect(await pixelsTooWide(card), name).toBeLessThanOrEqual(0)
  }

  test.each([
    [390, 'light'],
    [390, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)(
    'R100: %i pixels wide, %s: all is shown as text, nothing is loaded, axe finds nothing',
    async (width, theme) => {
      const subject = `Shown ${width} ${theme}`
      const held = await hold(subject)
      const { page, card, problems, reached } = await show({ width, theme })
      await give(page, held)
      await card.locator('#answers').waitFor()
      await look(page, card, `${width}-${theme}`)
      const seen = await card.locator('#email').textContent()
      for (const words of [hostile, 'alice@test.example', 'bob@test.example', 'carol@test.example', 'NEW'])
        expect(seen).toContain(words)
      expect(seen).toContain('LOOKS LIKE another address')
      expect(seen).toContain('[2 invisible characters]')
      expect(seen).toContain('Attachment 1 of 1')
      // Only the text is so long that its box hides some of it, and that is said.
      const hides = (id: string) => card.locator(id).evaluate((box) => box.scrollHeight > box.clientHeight)
      expect([await hides('#people'), await hides('#text')]).toEqual([false, true])
      expect(await card.locator('#long').isVisible()).toBe(true)
      expect(await card.locator('#subject').textContent()).toBe(`${subject} ${hostile}`)
      expect(await card.locator('img, b, a, iframe').count()).toBe(0)
      for (const button of await card.locator('button').all()) {
        const box = await button.boundingBox()
        expect(Math.min(box?.height ?? 0, box?.width ?? 0)).toBeGreaterThanOrEqual(44)
      }
      // The card's own frame has no address, and asks for nothing.
      expect(reached).toEqual([hostUrl])
      expect(problems).toEqual([])
      await page.context().close()
    },
  )

  test('R92: by keyboard, pressed three times, it sends once, says so aloud, and tells the model without the state', async () => {
    const held = await hold('Keyboard')
    const { page, card } = await show()
    await give(page, held)
    await card.locator('#send').focus()
    for (let times = 0; times < 3; times += 1) await page.keyboard.press('Enter')
    await expect.poll(() => outcomeOf(card).textContent()).toContain('Sent.')
    expect(await card.locator('h1').textContent()).toBe('Sent')
    expect(await card.locator('#answers').isHidden()).toBe(true)
    await expect.poll(() => outcomeOf(card).evaluate((one) => one === document.activeElement)).toBe(true)
    expect(await outcomeOf(card).getAttribute('aria-live')).toBe('polite')
    expect(await heard(page, 'call')).toHaveLength(1)
    expect(sent()).toBe(1)
    await expect.poll(() => heard(page, 'context')).toHaveLength(1)
    const told = JSON.stringify(await heard(page, 'context'))
    expect(told).toContain('Sent.')
    expect(told).not.toContain(stateOf(held))
    await look(page, card, 'sent')
    await page.context().close()
  })

  test('R92: keep and discard do what they say, and a changed draft is shown again before it goes', async () => {
    for (const [id, word] of [
      ['keep', 'Kept in Drafts'],
      ['discard', 'Discarded'],
    ] as const) {
      const { page, card } = await show()
      await give(page, await hold(`Answer ${id}`))
      await card.locator(`#${id}`).click()
      await expect.poll(() => outcomeOf(card).textContent()).toContain(word)
      expect(sent()).toBe(0)
      await page.context().close()
    }
    const held = await hold('Edited')
    const { page, card } = await show()
    await give(page, held)
    await client.call('update_draft', { id: held.structuredContent.draft_id, body: 'Other words.' })
    await card.locator('#send').dblclick()
    await expect.poll(() => outcomeOf(card).textContent()).toContain('was changed')
    expect(sent()).toBe(0)
    expect(await card.locator('#text').textContent()).toContain('Other words.')
    await look(page, card, 'changed')
    await card.locator('#send').click()
    await expect.poll(() => outcomeOf(card).textContent()).toContain('Sent.')
    expect(sent()).toBe(1)
    await page.context().close()
  })

  test('R92: an error says what to do; where the host failed, a second press is safe', async () => {
    const held = await hold('Failing')
    const { page, card } = await show({ fail: 1, theme: 'dark' })
    await give(page, held)
    await card.locator('#send').click()
    await expect.poll(() => outcomeOf(card).textContent()).toContain('Press again')
    await look(page, card, 'failed')
    await card.locator('#send').click()
    await expect.poll(() => outcomeOf(card).textContent()).toContain('Sent.')
    await give(page, held)
    await card.locator('#send').click()
    await expect.poll(() => outcomeOf(card).textContent()).toContain('answered before')
    await look(page, card, 'error')
    expect(sent()).toBe(1)
    await page.context().close()
  })

  test("R100: the theme is the host's; a stranger's message shows nothing; an answer without a card is told", async () => {
    const variables = {
      '--color-background-primary': 'rgb(1, 2, 3)',
      '--color-text-primary': 'rgb(250, 250, 250)',
    }
    const { page, card } = await show({ variables, theme: 'dark' })
    const background = () => card.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(await background()).toBe('rgb(1, 2, 3)')
    await page.evaluate(() =>
      (window as unknown as HostWindow).changeContext({
        theme: 'light',
        styles: { variables: { '--color-background-primary': 'rgb(240, 240, 240)' } },
      }),
    )
    await expect.poll(background).toBe('rgb(240, 240, 240)')
    expect(await card.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light')
    // From a frame beside the card, and from the card's own window: neither is the host.
    const forged = {
      jsonrpc: '2.0',
      method: 'ui/notifications/tool-result',
      params: { content: [{ text: 'Forged' }] },
    }
    await page.evaluate((message) => {
      const other = document.createElement('iframe')
      document.body.append(other)
      const script = `parent.frames[0].postMessage(${JSON.stringify(message)}, '*')`
      ;(other.contentWindow as unknown as { eval(script: string): void }).eval(script)
    }, forged)
    await card.evaluate((message) => window.postMessage(message, '*'), forged)
    // Behind both of them.
    await card.evaluate(async () => {
      const last = new Promise((resolve) =>
        addEventListener('message', ({ data }) => data === 'last' && resolve(0)),
      )
      window.postMessage('last', '*')
      await last
    })
    expect(await outcomeOf(card).textContent()).toBe('Waiting for the email.')
    await give(page, {
      content: [{ text: 'Sent.' }],
      structuredContent: { state: 'sent', message: 'Sent.' },
    })
    await expect.poll(() => card.locator('h1').textContent()).toBe('Sent')
    expect(await outcomeOf(card).textContent()).toBe('Sent.')
    expect(await card.locator('#answers').isHidden()).toBe(true)
    await page.context().close()
  })
})
