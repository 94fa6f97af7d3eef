/**
 * The one script, inlined with a nonce: copy buttons, show password, choosing the provider from the address, taking
 * a one-time link out of the URL, and one submission at a time. Every page works without it; elements that need it are hidden until it runs.
 */
import { type Html, trusted } from './html.ts'

const source = `
for (const element of document.querySelectorAll('[data-script]')) element.hidden = false

for (const button of document.querySelectorAll('button[data-copy]')) {
  const label = button.textContent
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy)
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Press Ctrl+C'
      getSelection().selectAllChildren(document.getElementById(button.dataset.source))
    }
    setTimeout(() => { button.textContent = label }, 2000)
  })
}

const reveal = document.querySelector('button[data-reveal]')
const password = document.getElementById('password')
reveal?.addEventListener('click', () => {
  const shown = password.type === 'text'
  password.type = shown ? 'password' : 'text'
  reveal.textContent = shown ? 'Show' : 'Hide'
  reveal.setAttribute('aria-pressed', String(!shown))
})

const form = document.querySelector('form[data-domains]')
if (form) {
  const domains = JSON.parse(form.dataset.domains)
  const address = document.getElementById('address')
  const demo = form.querySelector('[data-address]')
  const fillDemo = () => {
    if (demo.checked) {
      address.value ||= demo.dataset.address
      if (address.value === demo.dataset.address) password.value ||= demo.dataset.password
    } else if (address.value === demo.dataset.address) {
      address.value = password.value = ''
    }
  }
  if (demo) fillDemo()
  let chosen = form.querySelector('[name=provider]:checked') !== null
  for (const radio of form.querySelectorAll('[name=provider]')) {
    radio.addEventListener('change', () => {
      chosen = true
      if (demo) fillDemo()
    })
  }
  address.addEventListener('change', () => {
    const provider = domains[address.value.split('@').pop().trim().toLowerCase()]
    if (!chosen && provider) document.getElementById('provider-' + provider).checked = true
  })
}

const link = document.getElementById('link')
if (link && /^#[0-9a-f]{64}$/.test(location.hash)) {
  link.value = location.hash.slice(1)
  link.closest('[data-link]').hidden = true
  history.replaceState(null, '', location.pathname)
}

for (const each of document.querySelectorAll('form[data-once]')) {
  each.addEventListener('submit', (event) => {
    if (each.dataset.sent) return event.preventDefault()
    each.dataset.sent = 'yes'
    if (event.submitter) {
      event.submitter.setAttribute('aria-busy', 'true')
      event.submitter.textContent = event.submitter.dataset.busy ?? event.submitter.textContent
    }
  })
}
// Back from the cache of the browser: the form may be sent again, and the server says so if it may not.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return
  for (const each of document.querySelectorAll('form[data-once]')) delete each.dataset.sent
  for (const button of document.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy')
})
`

export const pageScript: Html = trusted(source)
