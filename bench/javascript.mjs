// AWS SDK for JavaScript v3 against a world of two regions: node javascript.mjs ENDPOINT. Prints what differs.
import assert from "node:assert/strict";
import * as ddb from "@aws-sdk/client-dynamodb";
import * as streams from "@aws-sdk/client-dynamodb-streams";
import * as lib from "@aws-sdk/lib-dynamodb";

const endpoint = process.argv[2];
const [HOME, OTHER] = ["eu-west-1", "ap-northeast-1"];
const options = (region) => ({ region, endpoint, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
const client = new ddb.DynamoDBClient(options(HOME)), there = new ddb.DynamoDBClient(options(OTHER));
const docs = lib.DynamoDBDocumentClient.from(client), docsThere = lib.DynamoDBDocumentClient.from(there);
const TableName = "javascript";
let calls = 0;

async function send(to, command) {
  calls += 1;
  return to.send(command);
}
const ask = (name, input = {}) => send(client, new ddb[`${name}Command`](input));
const doc = (name, input) => send(docs, new lib[`${name}Command`]({ TableName, ...input }));
const plain = (name, input) => send(docs, new lib[`${name}Command`](input));
async function refused(name, promise) {
  await assert.rejects(promise, (error) => (assert.equal(error.name, name), true));
  return promise.catch((error) => error);
}
async function soon(holds) {
  for (let n = 0; n < 100; n += 1) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`not within ten seconds: ${holds}`);
}

async function tables() {
  const made = await ask("CreateTable", {
    TableName, BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: ["pk", "sk", "g"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
    GlobalSecondaryIndexes: [{
      IndexName: "by-g", KeySchema: [{ AttributeName: "g", KeyType: "HASH" }], Projection: { ProjectionType: "ALL" },
    }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
  });
  assert.ok(made.TableDescription.CreationDateTime instanceof Date);
  calls += 1;
  await ddb.waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName });
  assert.deepEqual((await ask("ListTables")).TableNames, [TableName]);
  await refused("ResourceInUseException", ask("CreateTable", {
    TableName, BillingMode: "PAY_PER_REQUEST", AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  }));
  await refused("ResourceNotFoundException", ask("DescribeTable", { TableName: "none" }));
  const arn = made.TableDescription.TableArn;
  await ask("TagResource", { ResourceArn: arn, Tags: [{ Key: "a", Value: "b" }] });
  assert.deepEqual((await ask("ListTagsOfResource", { ResourceArn: arn })).Tags, [{ Key: "a", Value: "b" }]);
}

async function items() {
  const item = {
    pk: "a", sk: "1", g: "x", n: 12.5, big: lib.NumberValue.from("12345678901234567890123456789012345678"), yes: true,
    none: null, list: [1, "two", { three: 3 }], set: new Set(["p", "q"]), bytes: new Uint8Array([0, 1, 255]),
  };
  await doc("Put", { Item: item });
  const found = (await doc("Get", { Key: { pk: "a", sk: "1" }, ConsistentRead: true })).Item;
  assert.deepEqual({ ...found, big: null }, { ...item, big: null });
  await refused("ConditionalCheckFailedException", doc("Put", { Item: item, ConditionExpression: "attribute_not_exists(pk)" }));
  const failed = await refused("ConditionalCheckFailedException", doc("Update", {
    Key: { pk: "a", sk: "1" }, UpdateExpression: "SET n = :n", ConditionExpression: "n > :n",
    ExpressionAttributeValues: { ":n": 100 }, ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  }));
  assert.equal(failed.Item.n.N, "12.5");
  const updated = await doc("Update", {
    Key: { pk: "a", sk: "1" }, UpdateExpression: "SET #l[0] = :v, n = n + :one REMOVE yes DELETE #s :gone",
    ExpressionAttributeNames: { "#l": "list", "#s": "set" },
    ExpressionAttributeValues: { ":v": "zero", ":one": 1, ":gone": new Set(["p"]) }, ReturnValues: "ALL_NEW",
  });
  assert.equal(updated.Attributes.n, 13.5);
  assert.deepEqual([updated.Attributes.list[0], [...updated.Attributes.set]], ["zero", ["q"]]);
  assert.equal((await doc("Delete", { Key: { pk: "a", sk: "1" }, ReturnValues: "ALL_OLD" })).Attributes.g, "x");
  assert.equal((await doc("Get", { Key: { pk: "a", sk: "1" } })).Item, undefined);
  await refused("ValidationException", ask("PutItem", { TableName, Item: { pk: { S: "a" } } }));
}

async function many() {
  const puts = Array.from({ length: 25 }, (_, n) => ({
    PutRequest: { Item: { pk: "many", sk: String(n).padStart(3, "0"), g: n % 2 ? "odd" : "even", filler: "x".repeat(9000) } },
  }));
  assert.deepEqual((await plain("BatchWrite", { RequestItems: { [TableName]: puts } })).UnprocessedItems, {});
  const Keys = [0, 7].map((n) => ({ pk: "many", sk: String(n).padStart(3, "0") }));
  assert.equal((await plain("BatchGet", { RequestItems: { [TableName]: { Keys } } })).Responses[TableName].length, 2);
  const query = { KeyConditionExpression: "pk = :pk AND sk BETWEEN :a AND :b", ExpressionAttributeValues: { ":pk": "many", ":a": "005", ":b": "009" } };
  const page = await doc("Query", { ...query, ScanIndexForward: false, Limit: 3, ReturnConsumedCapacity: "TOTAL" });
  assert.deepEqual(page.Items.map((each) => each.sk), ["009", "008", "007"]);
  assert.deepEqual(page.LastEvaluatedKey, { pk: "many", sk: "007" });
  assert.equal(page.ConsumedCapacity.TableName, TableName);
  let count = 0;
  for await (const each of lib.paginateScan({ client: docs, pageSize: 10 }, { TableName })) [count, calls] = [count + each.Count, calls + 1];
  assert.equal(count, 25);
  const odd = await doc("Query", { IndexName: "by-g", KeyConditionExpression: "g = :g", ExpressionAttributeValues: { ":g": "odd" }, Select: "COUNT" });
  assert.equal(odd.Count, 12);
  const parts = await Promise.all([0, 1].map((Segment) => doc("Scan", { Segment, TotalSegments: 2, Select: "COUNT" })));
  assert.equal(parts[0].Count + parts[1].Count, 25);
}

async function transactions() {
  const Put = { TableName, Item: { pk: "t", sk: "1", n: 1 }, ConditionExpression: "attribute_not_exists(pk)" };
  const ClientRequestToken = "0d4c0d0a";
  for (let n = 0; n < 2; n += 1) await plain("TransactWrite", { ClientRequestToken, TransactItems: [{ Put }] });
  const cancelled = await refused("TransactionCanceledException", plain("TransactWrite", {
    TransactItems: [{ Put }, { Delete: { TableName, Key: { pk: "t", sk: "none" } } }],
  }));
  assert.deepEqual(cancelled.CancellationReasons.map((each) => each.Code), ["ConditionalCheckFailed", "None"]);
  const got = await plain("TransactGet", { TransactItems: [{ Get: { TableName, Key: { pk: "t", sk: "1" } } }] });
  assert.equal(got.Responses[0].Item.n, 1);
}

async function partiql() {
  await plain("ExecuteStatement", { Statement: `INSERT INTO ${TableName} VALUE {'pk': ?, 'sk': '1', 'n': 1}`, Parameters: ["p"] });
  await plain("ExecuteStatement", { Statement: `UPDATE ${TableName} SET n = n + 1 WHERE pk = 'p' AND sk = '1'` });
  const found = await plain("ExecuteStatement", { Statement: `SELECT n FROM ${TableName} WHERE pk = ?`, Parameters: ["p"] });
  assert.deepEqual(found.Items, [{ n: 2 }]);
  await refused("DuplicateItemException", plain("ExecuteStatement", { Statement: `INSERT INTO ${TableName} VALUE {'pk': 'p', 'sk': '1'}` }));
  const batch = await plain("BatchExecuteStatement", { Statements: [{ Statement: `DELETE FROM ${TableName} WHERE pk = 'p' AND sk = '1'` }, { Statement: "nonsense" }] });
  assert.equal(batch.Responses[1].Error.Code, "ValidationError");
}

async function stream() {
  const reader = new streams.DynamoDBStreamsClient(options(HOME));
  const asked = (name, input) => send(reader, new streams[`${name}Command`](input));
  const StreamArn = (await asked("ListStreams", { TableName })).Streams[0].StreamArn;
  const shards = (await asked("DescribeStream", { StreamArn })).StreamDescription.Shards;
  const { ShardIterator } = await asked("GetShardIterator", { StreamArn, ShardId: shards[0].ShardId, ShardIteratorType: "TRIM_HORIZON" });
  const { Records } = await asked("GetRecords", { ShardIterator });
  assert.deepEqual(Records.slice(0, 3).map((each) => each.eventName), ["INSERT", "MODIFY", "REMOVE"]);
  assert.equal(Records[0].dynamodb.NewImage.n.N, "12.5");
}

async function globalTable() {
  await ask("UpdateTable", { TableName, ReplicaUpdates: [{ Create: { RegionName: OTHER } }] });
  await soon(async () => (await ask("DescribeTable", { TableName })).Table.Replicas?.[0]?.ReplicaStatus === "ACTIVE");
  await doc("Put", { Item: { pk: "global", sk: "1", from: HOME } });
  const Key = { pk: "global", sk: "1" };
  await soon(async () => (await send(docsThere, new lib.GetCommand({ TableName, Key }))).Item?.from === HOME);
  await send(docsThere, new lib.PutCommand({ TableName, Item: { ...Key, from: OTHER } }));
  await soon(async () => (await doc("Get", { Key })).Item.from === OTHER);
  await ask("UpdateTable", { TableName, ReplicaUpdates: [{ Delete: { RegionName: OTHER } }] });
  await soon(async () => !(await ask("DescribeTable", { TableName })).Table.Replicas?.length);
  await ask("DeleteTable", { TableName });
  calls += 1;
  await ddb.waitUntilTableNotExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName });
}

for (const part of [tables, items, many, transactions, partiql, stream, globalTable]) {
  try {
    await part();
  } catch (error) {
    console.error(`${part.name}: ${error.stack}`);
    process.exit(1);
  }
}
console.log(calls);
