/** R59: 200 MB through /files of the local runner, a process of its own whose peak memory the kernel knows. */
import { findDovecot, peakBytes, startDovecot } from '@email-connector/testing'
import { expect, test } from 'vitest'
import { startLocalProduct } from '../e2e/local-runner.ts'
import { signInFields, startTestMail } from '../e2e/product.ts'
import { register, signIn } from '../e2e/raw-client.ts'
import { downloadAsOwner, largeEmail } from './download-as-owner.ts'

test.skipIf(!findDovecot())(
  'R59: 200 MB reach the owner byte for byte, and the runner stays under 300 MB',
  async () => {
    const mail = await startTestMail(startDovecot)
    const product = await startLocalProduct(mail, { fromSource: true })
    try {
      const { alice } = mail.imap
      const film = largeEmail(200_000_000)
      await mail.imap.appendRaw(alice, 'INBOX', film.raw)
      const fields = signInFields(product, alice)
      const tokens = await signIn(product.url, await register(product.url), fields)
      const got = await downloadAsOwner(product.url, { accessToken: tokens.access_token, fields })
      expect(got.page).toContain('film.bin')
      expect({ hash: got.hash, size: got.size }).toEqual({ hash: film.hash, size: film.size })
      expect(peakBytes(product.pid) / 1024 ** 2).toBeLessThan(300)
    } finally {
      await product.stop()
      await mail.stop()
    }
  },
)
