// @ts-check
/*
 * The one script, inlined with a nonce: copy buttons, show password, choosing the provider from the address, taking a
 * one-time link out of the URL, going on to the next page, and one submission at a time. Every page works without it; elements that need it are
 * hidden until it runs.
 */

/** @returns {HTMLInputElement | null} */
const findInput = (/** @type {string} */ selector) => document.querySelector(selector)
/** @returns {NodeListOf<HTMLElement>} */
const listElements = (/** @type {string} */ selector) => document.querySelectorAll(selector)

for (const element of listElements('[data-script]')) element.hidden = false

for (const button of listElements('button[data-copy]')) {
  const label = button.textContent
  button.addEventListener('click', async () => {
    const { copy = '', source = '' } = button.dataset
    try {
      await navigator.clipboard.writeText(copy)
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Press Ctrl+C'
      const text = document.getElementById(source)
      if (text !== null) getSelection()?.selectAllChildren(text)
    }
    setTimeout(() => {
      button.textContent = label
    }, 2000)
  })
}

const password = findInput('#password')
const [reveal] = listElements('button[data-reveal]')
reveal?.addEventListener('click', () => {
  if (password === null) return
  const shown = password.type === 'text'
  password.type = shown ? 'password' : 'text'
  reveal.textContent = shown ? 'Show' : 'Hide'
  reveal.setAttribute('aria-pressed', String(!shown))
})

const [form] = listElements('form[data-domains]')
const address = findInput('#address')
if (form !== undefined && address !== null) {
  /** @type {Map<string, string>} */
  const domains = new Map(Object.entries(JSON.parse(form.dataset.domains ?? '{}')))
  const demo = findInput('[data-address]')
  const fillDemo = () => {
    if (demo === null || password === null) return
    const known = demo.dataset.address ?? ''
    if (demo.checked) {
      address.value ||= known
      if (address.value === known) password.value ||= demo.dataset.password ?? ''
    } else if (address.value === known) {
      address.value = password.value = ''
    }
  }
  fillDemo()
  let isChosen = findInput('[name=provider]:checked') !== null
  for (const radio of listElements('[name=provider]')) {
    radio.addEventListener('change', () => {
      isChosen = true
      fillDemo()
    })
  }
  address.addEventListener('change', () => {
    const domain = address.value.split('@').pop()?.trim().toLowerCase() ?? ''
    const provider = domains.get(domain)
    const tile = isChosen || provider === undefined ? null : findInput(`#provider-${provider}`)
    if (tile !== null) tile.checked = true
  })
}

const link = findInput('#link')
if (link !== null && /^#[0-9a-f]{64}$/.test(location.hash)) {
  link.value = location.hash.slice(1)
  for (const part of listElements('[data-link]')) part.hidden = true
  history.replaceState(null, '', location.pathname)
}

for (const { dataset } of listElements('[data-next]')) {
  setTimeout(() => location.replace(dataset.next ?? ''), Number(dataset.seconds) * 1000)
}

for (const each of listElements('form[data-once]')) {
  each.addEventListener('submit', (event) => {
    if (each.dataset.sent !== undefined) return event.preventDefault()
    each.dataset.sent = 'yes'
    const { submitter } = event
    if (submitter !== null) {
      submitter.setAttribute('aria-busy', 'true')
      submitter.textContent = submitter.dataset.busy ?? submitter.textContent
    }
  })
}
// Back from the cache of the browser: the form may be sent again, and the server says so if it may not.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return
  for (const each of listElements('form[data-once]')) delete each.dataset.sent
  for (const button of listElements('[aria-busy]')) button.removeAttribute('aria-busy')
})
