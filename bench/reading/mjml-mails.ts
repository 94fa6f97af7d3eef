/** Newsletters as MJML makes them: every component, in columns and sections of all kinds, with its own ways to hide. */
import mjml2html from 'mjml'
import { type Chance, createChance } from './chance.ts'

export async function makeMjmlMail(number: number): Promise<string> {
  const chance = createChance(1_000 + number)
  const { html } = await mjml2html(source(chance), { validationLevel: 'skip' })
  return html
}

function source(chance: Chance): string {
  const { words, isTrue } = chance
  const sections = Array.from({ length: 1 + Math.floor(chance.next() * 4) }, () => section(chance))
  const hero = `<mj-hero mode="fixed-height" height="200px" background-url="https://i.example/h.png"><mj-text color="#fff">${words(4)}</mj-text></mj-hero>`
  const style = '<mj-style>.x{color:red} @media (max-width:480px){.small{display:none!important}}</mj-style>'
  return `<mjml><mj-head><mj-preview>${words(6)}</mj-preview>${isTrue(0.3) ? '<mj-attributes><mj-all font-family="Arial"/></mj-attributes>' : ''}${isTrue(0.3) ? style : ''}</mj-head>
    <mj-body${isTrue(0.5) ? ' background-color="#ededed"' : ''}>${sections.join('')}${isTrue(0.2) ? hero : ''}</mj-body></mjml>`
}

function section(chance: Chance): string {
  const { isTrue } = chance
  const attributes = [
    isTrue(0.3) ? 'background-color="#000"' : '',
    isTrue(0.2) ? 'background-url="https://i.example/b.png"' : '',
    isTrue(0.2) ? 'full-width="full-width"' : '',
  ].join(' ')
  const columns = isTrue(0.3)
    ? `<mj-group>${column(chance, '50%')}${column(chance, '50%')}</mj-group>`
    : Array.from({ length: 1 + Math.floor(chance.next() * 3) }, () => column(chance)).join('')
  return `<mj-section ${attributes}>${columns}</mj-section>`
}

function column(chance: Chance, width = ''): string {
  const { words, isTrue, oneOf } = chance
  const text = () =>
    `<mj-text color="${oneOf(['#000', '#fff', '#333', '#F45E43', 'white', '#999999'])}" ${isTrue(0.3) ? 'container-background-color="#112233"' : ''} font-size="${oneOf([10, 12, 13, 20, 40])}px" align="${oneOf(['left', 'center', 'right'])}"><h2>${words(3)}</h2><p>${words(8)}</p></mj-text>`
  const parts = [
    text,
    () =>
      `<mj-button href="https://x.example/a" background-color="#414141" color="#fff">${words(2)}</mj-button>`,
    () => `<mj-image src="https://img.example/a.png" alt="${words(2)}" width="100px"/>`,
    () => '<mj-divider/>',
    () => '<mj-spacer height="20px"/>',
    () => `<mj-table><tr><th>${words(1)}</th><td>${words(1)}</td></tr></mj-table>`,
    () => `<mj-social><mj-social-element name="facebook">${words(1)}</mj-social-element></mj-social>`,
    () => `<mj-raw><!-- ${words(3)} --></mj-raw>`,
    () =>
      `<mj-navbar ${isTrue(0.5) ? 'hamburger="hamburger"' : ''}><mj-navbar-link href="/a">${words(1)}</mj-navbar-link><mj-navbar-link href="/b">${words(1)}</mj-navbar-link></mj-navbar>`,
    () =>
      `<mj-accordion><mj-accordion-element><mj-accordion-title>${words(2)}</mj-accordion-title><mj-accordion-text>${words(5)}</mj-accordion-text></mj-accordion-element></mj-accordion>`,
    () =>
      '<mj-carousel><mj-carousel-image src="https://i.example/1.png"/><mj-carousel-image src="https://i.example/2.png"/></mj-carousel>',
  ]
  const chosen = parts.filter(() => isTrue(0.35)).map((part) => part())
  return `<mj-column ${width === '' ? '' : `width="${width}"`} ${isTrue(0.2) ? 'background-color="#223344"' : ''}>${chosen.join('')}${text()}</mj-column>`
}
