/**
 * The words of an HTML mail that a person sees and those that nobody sees, said by Chromium: computed styles, where each
 * word is, and what lies over it. Some twenty mails a second. The judge of visible-text.ts looks at pictures instead: it
 * sees more, for one word at a time. No script, no network, no pictures.
 */
import { launchBrowser } from './browser.ts'

export interface VisibleWords {
  readonly shown: readonly string[]
  /** By a style: not rendered, without size or colour of its own, outside the page. */
  readonly hidden: readonly string[]
  /** Under a box or picture that the layout puts over them. */
  readonly covered: readonly string[]
}

export interface VisibleWordsReader {
  read(html: string): Promise<VisibleWords>
  close(): Promise<void>
}

const viewport = { width: 800, height: 1200 } as const
const maxHeight = 16_000
const address = 'http://mail.invalid/'

export async function startVisibleWordsReader(): Promise<VisibleWordsReader> {
  const browser = await launchBrowser()
  const page = await browser.newPage({ ...viewport, javaScript: false })
  let body = ''
  await page.route('**/*', (route) =>
    route.request().url() === address && route.request().isNavigationRequest()
      ? route.fulfill({ body, contentType: 'text/html; charset=utf-8' })
      : route.abort(),
  )
  return {
    async read(html) {
      body = html
      await page.goto(address, { waitUntil: 'domcontentloaded' })
      // As high as the mail: what is below the window could not be asked for.
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      const isHigh = height > viewport.height
      if (isHigh) await page.setViewportSize({ ...viewport, height: Math.min(height, maxHeight) })
      const words = await page.evaluate<VisibleWords>(inPage)
      if (isHigh) await page.setViewportSize(viewport)
      return words
    },
    close: () => browser.close(),
  }
}

/** The loader of TypeScript names inner functions by a helper that the page does not have. */
const inPage = `(() => { const __name = (named) => named; return (${findWords})() })()`

function findWords(): VisibleWords {
  const shown: string[] = []
  const hidden: string[] = []
  const covered: string[] = []
  const { scrollWidth } = document.documentElement
  const numbers = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    const text = node.nodeValue ?? ''
    if (
      element === null ||
      element.closest('style, script, title, noscript, template, option, textarea, iframe') !== null
    )
      continue
    const isStyledAway = isUnseen(element)
    for (const { 0: word, index } of text.matchAll(/\S+/g)) {
      range.setStart(node, index)
      range.setEnd(node, index + word.length)
      // It moves: now it is here, now beside the page.
      if (!isStyledAway && element.closest('marquee') !== null) {
        shown.push(word)
        continue
      }
      const places = isStyledAway ? [] : [...range.getClientRects()].filter(isOnPage)
      const list =
        places.length === 0 ? hidden : places.some((one) => isOnTop(one, element)) ? shown : covered
      list.push(word)
    }
  }
  return { shown, hidden, covered }

  function isUnseen(element: Element): boolean {
    const options = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }
    if (!element.checkVisibility(options)) return true
    const { fontSize, color } = getComputedStyle(element)
    const [red = 0, green = 0, blue = 0, alpha = 1] = numbers(color)
    if (Number.parseFloat(fontSize) < 2 || alpha < 0.05) return true
    const behind = backgroundOf(element)
    if (behind === undefined) return false
    const over = [red, green, blue].map((value, at) => value * alpha + (behind[at] ?? 0) * (1 - alpha))
    const [light = 0, dark = 0] = [luminance(over), luminance(behind)].sort((a, b) => b - a)
    return (light + 0.05) / (dark + 0.05) < 1.1
  }

  /** Undefined: a picture. */
  function backgroundOf(element: Element): number[] | undefined {
    const layers: number[][] = []
    for (let one: Element | null = element; one !== null; one = one.parentElement) {
      const { backgroundImage, backgroundColor } = getComputedStyle(one)
      if (backgroundImage !== 'none') return undefined
      const layer = numbers(backgroundColor)
      layers.push(layer)
      if ((layer[3] ?? 1) === 1) break
    }
    return layers
      .reverse()
      .reduce(
        (below, [red = 0, green = 0, blue = 0, alpha = 1]) =>
          [red, green, blue].map((value, at) => value * alpha + (below[at] ?? 255) * (1 - alpha)),
        [255, 255, 255],
      )
  }

  function luminance(colour: readonly number[]): number {
    const [red = 0, green = 0, blue = 0] = colour.map((value) => {
      const part = value / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }

  function isOnPage({ left, top, width, height }: DOMRect): boolean {
    const [x, y] = [left + width / 2, top + height / 2]
    return width >= 1 && height >= 1 && x >= 0 && y >= 0 && x <= scrollWidth + 1
  }

  /** Beyond the window to the right or below a person scrolls. */
  function isOnTop({ left, top, width, height }: DOMRect, element: Element): boolean {
    const [x, y] = [left + width / 2, top + height / 2]
    if (x >= innerWidth || y >= innerHeight) return true
    for (const over of document.elementsFromPoint(x, y)) {
      if (over === element || element.contains(over) || over.contains(element)) return true
      if (covers(over)) return false
    }
    return false
  }

  function covers(element: Element): boolean {
    const { backgroundImage, backgroundColor } = getComputedStyle(element)
    if (backgroundImage !== 'none' || element.matches('img, iframe, object, video')) return true
    return (numbers(backgroundColor)[3] ?? 1) > 0.9
  }
}
