// Preloaded with `node --require`: every TCP listener of the reference network ends up on 127.0.0.1.
// Its servers take no host to bind and would otherwise listen on all interfaces.
const { Server } = require('node:net')

const listen = Server.prototype.listen
const HOST = '127.0.0.1'

Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'object' && first !== null && first.port !== undefined) {
    return listen.call(this, { ...first, host: HOST }, ...rest)
  }
  if (typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))) {
    const callback = rest.find((argument) => typeof argument === 'function')
    return listen.call(this, { port: Number(first), host: HOST }, callback)
  }
  return listen.call(this, first, ...rest)
}
