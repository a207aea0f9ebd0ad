// Starts the AT Protocol reference network (directory, PDS, AppView) and prints its addresses as one line of JSON.
//
//   node --require ./loopback.cjs network.mjs '{"plc":N,"pds":N,"bsky":N,"ozone":N,"introspect":N}' [rate-limited]
//
// With `rate-limited` the PDS counts requests as bsky.social does: 30 sign-ins in five minutes.
// A line `settle` on standard input is answered `settled` once the AppView has indexed all that the PDS holds.
// It ends on SIGTERM, and by itself when its parent closes its standard input.
import { createInterface } from 'node:readline'

import { TestNetwork, mockMailer } from '@atproto/dev-env'

const ports = JSON.parse(process.argv[2])
const rateLimitsEnabled = process.argv[3] === 'rate-limited'

const network = await TestNetwork.create({
  dbPostgresSchema: 'bsky',
  plc: { port: ports.plc },
  pds: { port: ports.pds, hostname: 'localhost', enableDidDocWithSession: true, rateLimitsEnabled },
  bsky: { port: ports.bsky, publicUrl: `http://localhost:${ports.bsky}` },
  ozone: { port: ports.ozone },
  introspect: { port: ports.introspect },
})
mockMailer(network.pds)

let closing = false
const close = async () => {
  if (closing) return
  closing = true
  setTimeout(() => process.exit(0), 5000).unref()
  await network.close().catch(() => {})
  process.exit(0)
}
process.on('SIGTERM', close)
createInterface({ input: process.stdin })
  .on('line', async (line) => {
    if (line !== 'settle') return
    await network.processAll()
    console.log('settled')
  })
  .on('close', close)

console.log(JSON.stringify({ plc: network.plc.url, pds: network.pds.url, bsky: network.bsky.url }))
