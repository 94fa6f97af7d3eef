/** axe-core in a page: rules of WCAG 2.2 A and AA and best practices, and whether the page is wider than its window. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@email-connector/testing'
import type { AxeResults, RunOptions } from 'axe-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export type Frame = ReturnType<Page['mainFrame']>

/** Before the page's policy is in force: it would refuse a script that was added later. */
export async function prepareAxe(page: Page): Promise<void> {
  await page.context().addInitScript(source)
}

/** A line each; `iframes: false` leaves out what is framed. */
export async function violationsIn(
  frame: Page | Frame,
  options: { readonly iframes?: boolean } = {},
): Promise<string[]> {
  return await frame.evaluate(
    async (options) => {
      const { axe } = window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }
      const { violations } = await axe.run(options as RunOptions)
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
    },
    { resultTypes: ['violations'], ...options },
  )
}

/** Above 0 there is something to scroll to at the side. */
export async function pixelsTooWide(frame: Page | Frame): Promise<number> {
  return await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth)
}

/** Kept in the folder that SCREENSHOTS names; nothing otherwise. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS === undefined) return
  await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true })
}
