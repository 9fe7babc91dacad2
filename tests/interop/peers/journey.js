// Runs a Postman collection by newman and prints what failed: node journey.js COLLECTION ENVIRONMENT FOLDER
"use strict";
const newman = require("newman");

const [collection, environment, folder] = process.argv.slice(2);
const failed = [];
let sent = 0;
newman
  .run({
    collection: require(collection),
    environment: require(environment),
    workingDir: folder,
    reporters: [],
    timeoutRequest: 30000,
  })
  .on("request", (error, { item }) => {
    sent += 1;
    if (error) failed.push(`${item.name}: ${error.message}`);
  })
  .on("assertion", (error, { assertion, skipped }) => {
    if (error || skipped) failed.push(assertion);
  })
  .on("exception", (_, { error }) => failed.push(error.message))
  .on("script", (error, { item }) => {
    if (error) failed.push(`${item.name}: ${error.message}`);
  })
  .on("done", (error) => {
    if (error) failed.push(error.message);
    process.stdout.write(JSON.stringify({ sent, failed }), () => process.exit(0));
  });
