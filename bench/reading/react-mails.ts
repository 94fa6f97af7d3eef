/** Transactional mails as react-email makes them: a preview line that is hidden behind padding, tables, buttons. */
import { Body } from '@react-email/body'
import { Button } from '@react-email/button'
import { Column } from '@react-email/column'
import { Container } from '@react-email/container'
import { Head } from '@react-email/head'
import { Heading } from '@react-email/heading'
import { Hr } from '@react-email/hr'
import { Html } from '@react-email/html'
import { Img } from '@react-email/img'
import { Link } from '@react-email/link'
import { Preview } from '@react-email/preview'
import { Row } from '@react-email/row'
import { Section } from '@react-email/section'
import { Text } from '@react-email/text'
import { createElement as h, type ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { type Chance, createChance } from './chance.ts'

export function makeReactMail(number: number): string {
  const chance = createChance(5_000 + number)
  const parts = Array.from({ length: 2 + Math.floor(chance.next() * 5) }, (_, key) => part(chance, key))
  const container = h(Container, { style: { backgroundColor: '#fff', padding: '20px' } }, ...parts)
  const body = h(Body, { style: { backgroundColor: '#f6f9fc', fontFamily: 'sans-serif' } }, container)
  const mail = h(Html, null, h(Head), h(Preview, null, chance.words(7)), body)
  return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">${renderToStaticMarkup(mail)}`
}

function part({ words, oneOf }: Chance, key: number): ReactNode {
  const cell = (name: string) => h(Column, { key: name, style: { width: '33%' } }, h(Text, null, words(2)))
  const kinds: readonly [() => ReactNode, ...(() => ReactNode)[]] = [
    () => h(Text, { style: { color: oneOf(['#525f7f', '#000', '#8898aa']) } }, words(12)),
    () => h(Heading, { as: oneOf(['h1', 'h2', 'h3'] as const) }, words(4)),
    () =>
      h(
        Button,
        {
          href: 'https://shop.example/a?b=c',
          style: { backgroundColor: '#656ee8', color: '#fff', padding: '10px' },
        },
        words(2),
      ),
    () => h(Section, null, h(Row, null, cell('a'), cell('b'), cell('c'))),
    () => h(Hr, null),
    () => h(Img, { src: 'https://img.example/logo.png', alt: words(2), width: '49', height: '21' }),
    () => h(Text, null, `${words(4)} `, h(Link, { href: 'https://docs.example/' }, words(2)), ` ${words(3)}`),
    () =>
      h(
        Section,
        { style: { backgroundColor: '#111', borderRadius: '4px' } },
        h(Text, { style: { color: '#fff' } }, words(1)),
      ),
  ]
  return h(Section, { key }, oneOf(kinds)())
}
