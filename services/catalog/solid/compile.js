// Turns config.json into plain calls of constructors, once, in the image: to
// read the server's descriptions at every start takes seven times as long and
// twice the memory.
'use strict';

const path = require('node:path');
const { ComponentsManager, ConstructionStrategyCommonJsString } = require('componentsjs');

const server = '@solid/community-server';

// Strategy writes strings down as they are, backslashes and quotes too.
class Strategy extends ConstructionStrategyCommonJsString {
  createPrimitive({ value }) {
    return JSON.stringify(value);
  }
}

async function compile() {
  const strategy = new Strategy({ asFunction: true, req: require });
  const manager = await ComponentsManager.build({
    mainModulePath: path.dirname(require.resolve(`${server}/package.json`)),
    constructionStrategy: strategy,
    typeChecking: false,
    logLevel: 'warn',
    dumpErrorState: false,
    configLoader: (registry) => registry.register(path.join(__dirname, 'config.json')),
  });
  const app = await manager.instantiate('urn:solid-server:default:App', {});
  return strategy.serializeDocument(app).replaceAll("require('./dist/index.js')", `require('${server}')`);
}

compile().then((code) => process.stdout.write(code), (err) => {
  console.error(err);
  process.exit(1);
});
