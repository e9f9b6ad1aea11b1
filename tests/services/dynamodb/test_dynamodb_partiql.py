"""PartiQL through boto3: what statements do, what they cost, and the service's words for what they cannot."""

from __future__ import annotations

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import make_table, numbered, one_region

WORLD, CLIENT = one_region()
BY_KIND = {
    "IndexName": "by_kind",
    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]},
}
make_table(
    WORLD,
    CLIENT,
    "shelf",
    sort="N",
    defined=[{"AttributeName": "kind", "AttributeType": "S"}],
    GlobalSecondaryIndexes=[BY_KIND],
)
make_table(WORLD, CLIENT)  # with the key pk: what tests write
for number in range(8):
    kind = {"kind": {"S": "even" if number % 2 == 0 else "odd"}}
    more = {"m": {"M": {"n": {"N": str(number)}, "l": {"L": [{"S": "x"}]}}}, "shown": {"S": "s"}}
    CLIENT.put_item(TableName="shelf", Item=numbered(number, **kind, **more))
CLIENT.put_item(TableName="shelf", Item={"pk": {"S": "b"}, "sk": {"N": "1"}, "gone": {"NULL": True}})
JUMBLES = 200
MALFORMED = "Statement wasn't well formed, can't be processed: "
NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"


def run(statement: str, *parameters: Any, **more: Any) -> Any:
    given = {"Parameters": list(parameters)} if parameters else {}
    return CLIENT.execute_statement(Statement=statement, **given, **more)


def refused(statement: str, *parameters: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as problem:
        run(statement, *parameters, **more)
    error = problem.value.response["Error"]
    return error["Code"], error["Message"]


def seeded(pk: str, **attributes: Any) -> str:
    CLIENT.put_item(TableName="things", Item={"pk": {"S": pk}, **attributes})
    return pk


def stored(pk: str) -> Any:
    return CLIENT.get_item(TableName="things", Key={"pk": {"S": pk}}).get("Item")


def sort_keys(where: str, *parameters: Any) -> list[int]:
    return [int(item["sk"]["N"]) for item in run(f"SELECT sk FROM shelf WHERE {where}", *parameters)["Items"]]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("pk = 'a' AND sk = 3", [3]),
        ("'a' = pk AND 5 < sk", [6, 7]),
        ("pk = 'a' AND sk BETWEEN 2 AND 4", [2, 3, 4]),
        ("pk = 'a' AND sk NOT BETWEEN 2 AND 7", [0, 1]),
        ("pk = 'a' AND sk <> 0 AND sk <= 2", [1, 2]),
        ("pk = 'a' AND sk != 0 AND sk < 2", [1]),
        ("pk = 'a' AND sk IN [1, 9, 4]", [1, 4]),
        ("pk = 'a' AND sk IN (1, 9, 4)", [1, 4]),
        ("pk = 'a' AND (sk = 1 OR kind = 'even')", [0, 1, 2, 4, 6]),
        ("pk = 'a' AND NOT (kind = 'even') AND m.n > 4", [5, 7]),
        ("pk = 'a' AND m.l[0] = 'x' AND sk > 6", [7]),
        ("pk = 'a' AND begins_with(kind, 'o') AND SIZE(kind) = 3 AND sk < 4", [1, 3]),
        ("pk = 'a' AND contains(m.l, 'x') AND attribute_type(m, 'M') AND sk = 0", [0]),
        ("pk = 'b' AND kind IS MISSING AND gone IS NULL", [1]),
        ("pk = 'b' AND attribute_exists(gone) = true AND kind IS NOT NULL", [1]),
        ("pk = 'b' AND kind IS NOT MISSING", []),
        ("pk = 'a' AND sk = 6 OR pk = 'b' OR pk = 'a' AND sk = 2", [2, 6, 1]),
        ("pk IN ['b', 'a'] AND sk = 1", [1, 1]),
        ("pk = 'a' AND kind IS STRING AND sk > 6", [7]),
        ("pk = 'a' ORDER BY sk DESC", [7, 6, 5, 4, 3, 2, 1, 0]),
        ("pk IN ['a', 'b'] AND sk < 2 ORDER BY pk DESC, sk ASC", [1, 0, 1]),
        ("m.n = 7e0 -- of all items\n AND pk <> 'x' /* none */;", [7]),
    ],
)
def test_where_clauses_select(where: str, found: list[int]) -> None:
    assert sort_keys(where) == found


def test_columns_are_told_by_their_last_names() -> None:
    statement = 'SELECT m.n, "m".l[0], shown, none FROM "shelf" WHERE pk = ? AND sk = ?'
    (item,) = run(statement, {"S": "a"}, {"N": "2"})["Items"]
    assert item == {"n": {"N": "2"}, "l[0]": {"S": "x"}, "shown": {"S": "s"}}


def test_a_key_condition_reads_no_more_than_its_range() -> None:
    named = run("SELECT * FROM shelf WHERE pk = 'a' AND sk > 5", ReturnConsumedCapacity="TOTAL", ConsistentRead=True)
    assert named["ConsumedCapacity"] == {"TableName": "shelf", "CapacityUnits": 1.0}
    few = run("SELECT * FROM shelf WHERE pk = 'a' AND sk > 5 AND kind = 'odd'", Limit=2)
    assert len(few["Items"]) == 1 and few["LastEvaluatedKey"]["sk"] == {"N": "7"}  # two were read


def test_pages_go_on_where_the_last_one_ended_whatever_the_number_of_ranges() -> None:
    for where in ("", "WHERE pk IN ['b', 'a']", "WHERE pk IN ['a', 'b'] ORDER BY pk DESC"):
        statement = f"SELECT pk, sk FROM shelf {where}"
        whole = run(statement)["Items"]
        pages, token = [], {}
        while True:
            page = run(statement, Limit=2, **token)
            pages += page["Items"]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert pages == whole and len(whole) == 9
    token = run("SELECT * FROM shelf", Limit=2)["NextToken"]
    assert refused("SELECT sk FROM shelf", NextToken=token)[1] == "NextToken does not match request"
    assert refused("SELECT sk FROM shelf", NextToken="nonsense")[1] == "Invalid NextToken"


def test_an_index_is_queried_and_scanned() -> None:
    found = run("SELECT sk, shown FROM \"shelf\".\"by_kind\" WHERE kind = 'odd' ORDER BY sk DESC", Limit=2)
    assert [item["sk"]["N"] for item in found["Items"]] == ["7", "5"]
    assert len(run("SELECT * FROM shelf.by_kind WHERE shown = 's'")["Items"]) == 8
    wrong = "One or more parameter values were invalid: "
    assert refused("SELECT m FROM shelf.by_kind")[1] == f"{wrong}Global secondary index by_kind does not project [m]"
    assert refused("SELECT pk FROM shelf.by_kind WHERE m IS MISSING")[1] == (
        f"{wrong}Secondary index by_kind does not project one or more filter attributes: [m]"
    )
    assert refused("SELECT * FROM shelf.nothing")[1] == "The table does not have the specified index"
    unwritten = refused("DELETE FROM shelf.by_kind WHERE pk = 'a' AND sk = 1")
    assert unwritten[1] == "This operation is not supported on an index"
    assert refused("SELECT * FROM shelf.by_kind", ConsistentRead=True)[1] == (
        "Strongly consistent read is not supported on Global Secondary Indexes"
    )


def test_an_item_is_inserted_once_with_values_of_every_type() -> None:
    statement = (
        "INSERT INTO things VALUE {'pk': 'in', 's': 'it''s', 'n': -1.5e-3, 'yes': true, 'nil': null, "
        "'l': [1, ?, {'x': []}], 'm': {'a': {'b': ?}}, 'ss': <<'p', 'q'>>, 'ns': <<1, 2.50>>}"
    )
    assert run(statement, {"B": b"\x00"}, {"S": "deep"})["Items"] == []
    assert stored("in") == {
        "pk": {"S": "in"}, "s": {"S": "it's"}, "n": {"N": "-0.0015"}, "yes": {"BOOL": True}, "nil": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"B": b"\x00"}, {"M": {"x": {"L": []}}}]},
        "m": {"M": {"a": {"M": {"b": {"S": "deep"}}}}}, "ss": {"SS": ["p", "q"]}, "ns": {"NS": ["1", "2.5"]},
    }  # fmt: skip
    assert refused("INSERT INTO things VALUE ?", {"M": {"pk": {"S": "in"}}}) == (
        "DuplicateItemException",
        "Duplicate primary key exists in table",
    )


def test_an_update_sets_removes_appends_and_changes_sets() -> None:
    pk = seeded("up", n={"N": "1"}, l={"L": [{"N": "1"}, {"N": "2"}]}, ss={"SS": ["a", "b"]}, m={"M": {}}, x={"S": "x"})
    run(
        "UPDATE things SET n = n + 10, m.new = 'v' SET l = list_append(l, [3]) SET ss = set_add(ss, <<'c'>>)"
        " SET fresh = SET_ADD(fresh, ?) REMOVE x WHERE pk = ?",
        {"NS": ["4"]},
        {"S": pk},
    )
    assert stored(pk) == {
        "pk": {"S": pk}, "n": {"N": "11"}, "l": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]}, "fresh": {"NS": ["4"]},
        "ss": {"SS": ["a", "b", "c"]}, "m": {"M": {"new": {"S": "v"}}},
    }  # fmt: skip
    run("FROM things WHERE pk = 'up' AND n = 11 SET ss = set_delete(ss, <<'a', 'b', 'c'>>) REMOVE l[0]")
    assert "ss" not in stored(pk) and stored(pk)["l"] == {"L": [{"N": "2"}, {"N": "3"}]}


@pytest.mark.parametrize(
    ("returning", "told"),
    [
        ("ALL OLD", [{"pk": {"S": "ret"}, "l": {"L": [{"N": "1"}, {"N": "2"}]}, "k": {"S": "k"}}]),
        ("ALL NEW", [{"pk": {"S": "ret"}, "l": {"L": [{"N": "1"}, {"N": "9"}]}, "k": {"S": "k"}}]),
        ("MODIFIED OLD", [{"l": {"L": [{"N": "2"}]}}]),
        ("MODIFIED NEW", [{"l": {"L": [{"N": "9"}]}}]),
    ],
)
def test_an_update_returns_what_is_asked_for(returning: str, told: list[Any]) -> None:
    seeded("ret", l={"L": [{"N": "1"}, {"N": "2"}]}, k={"S": "k"})
    assert run(f"UPDATE things SET l[1] = 9 WHERE pk = 'ret' RETURNING {returning} *")["Items"] == told
    assert run("UPDATE things REMOVE k WHERE pk = 'ret' RETURNING MODIFIED NEW *")["Items"] == []


def test_conditions_hold_back_writes() -> None:
    pk = seeded("held", a={"N": "1"})
    failed = ("ConditionalCheckFailedException", "The conditional request failed")
    assert refused("UPDATE things SET a = 2 WHERE pk = 'held' AND a = 5") == failed
    assert refused("UPDATE things SET a = 2 WHERE pk = 'nobody'") == failed  # it is no upsert
    assert refused("DELETE FROM things WHERE pk = 'held' AND attribute_not_exists(a)") == failed
    assert stored(pk)["a"] == {"N": "1"} and stored("nobody") is None
    assert run("DELETE FROM things WHERE pk = 'nobody' AND a = 5 RETURNING ALL OLD *")["Items"] == []
    with pytest.raises(CLIENT.exceptions.ConditionalCheckFailedException) as problem:
        run("DELETE FROM things WHERE pk = 'held' AND a = 5", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert problem.value.response["Item"] == stored(pk)
    assert run("DELETE FROM things WHERE pk = 'held' AND a = 1 RETURNING ALL OLD *")["Items"] == [
        {"pk": {"S": "held"}, "a": {"N": "1"}}
    ]
    assert stored(pk) is None


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SLECT * FROM t", MALFORMED + "Expected data manipulation"),
        ("UPDATE my-table SET a = 1", MALFORMED + "Expected data manipulation"),
        ("SELECT * FROM t WHERE", MALFORMED + "Unexpected term"),
        ("SELECT * FROM t WHERE pk = 'a' AND", MALFORMED + "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE ORDER BY pk", MALFORMED + "Unexpected keyword"),
        ("SELECT * FROM t WHERE pk = LIKE", MALFORMED + "Unexpected operator"),
        ("SELECT * FROM t WHERE a.inner = 1", MALFORMED + "Invalid path dot component"),
        ("SELECT * FROM t WHERE a IS FOO", MALFORMED + "Expected type name"),
        ("SELECT * FROM t WHERE pk = 1 foo", MALFORMED + "Unexpected token after expression"),
        ("DELETE FROM t WHERE pk = 1 ORDER BY pk", MALFORMED + "Unexpected token after expression"),
        ("DELETE FROM WHERE pk = 1", MALFORMED + "Expected identifier for simple path"),
        ("SELECT * FROM t WHERE pk = 1 # note", MALFORMED),
        ("SELECT * FROM t WHERE pk = 1e2147483648", MALFORMED),
        ("SELECT * FROM t AS u WHERE pk = 1", "Aliasing is not supported"),
        ("SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5"),
        ('SELECT * FROM "" WHERE pk = 1', "Path component cannot be an empty string"),
        ("SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT * FROM t WHERE EXISTS(a)", "Unrecognized function: exists at 1:23:6"),
        (
            "UPDATE t SET a = set_add(b, <<1>>)",
            "The first argument to SET_ADD must equal the assignment value at 1:18:7",
        ),
        (
            "UPDATE t SET a = set_delete(a, 1)",
            "The second argument to SET_DELETE must be a value with type SET at 1:29:1",
        ),
        ("INSERT INTO t VALUE {'s': <<>>}", "Empty bags are not supported"),
        (
            "DELETE FROM t WHERE pk = 1 RETURNING ALL NEW *",
            "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
        ),
        (f"SELECT * FROM t WHERE {'(' * 4000}", "The statement is nested too deeply"),
        ("UPDATE things SET a = 1", NO_KEY),
        ("UPDATE things SET a = 1 WHERE a = 2", NO_KEY),
        ("DELETE FROM shelf WHERE pk = 'a' AND sk > 1", NO_KEY),
        ("SELECT * FROM things WHERE pk = ?", "Number of parameters in request and statement don't match."),
        (
            "INSERT INTO things VALUE {'pk': 'x', 'l': [1, {'x': 1e126}]}",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root[1].x",
        ),
        (
            "INSERT INTO things VALUE {'pk': 'x', 's': <<1, 'a'>>}",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
        ),
        (
            "SELECT * FROM things WHERE a < true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "SELECT * FROM things WHERE attribute_exists('a')",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "UPDATE things SET pk = 'b' WHERE pk = 'a'",
            "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
        ),
        ("SELECT * FROM shelf ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        (
            "SELECT * FROM shelf WHERE pk = 'a' ORDER BY m",
            "Attribute m in ORDER BY clause must be part of the primary key",
        ),
        (
            "SELECT * FROM shelf WHERE pk > 'a' ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM shelf WHERE pk = 'a' AND m = 1 OR pk = 'a' AND sk = 2",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            "EXISTS(SELECT * FROM things WHERE pk = 'a' AND b = 1)",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
    ],
)
def test_what_a_statement_cannot_say(statement: str, message: str) -> None:
    assert refused(statement) == ("ValidationException", message)


def test_a_missing_table_is_not_found() -> None:
    assert refused("FROM nowhere WHERE pk = 'x' SET c = 1") == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_a_batch_tells_of_each_statement_by_itself() -> None:
    seeded("b1", a={"N": "1"})
    seeded("b2")
    writes = [
        "UPDATE things SET a = 2 WHERE pk = 'b1' RETURNING MODIFIED OLD *",
        "INSERT INTO things VALUE {'pk': 'b2'}",
        "UPDATE things SET a = 2 WHERE pk = 'b2' AND a = 7",
        "INSERT INTO things VALUE {'pk': 'b3'}",
        "SLECT",
        "DELETE FROM nowhere WHERE pk = 'x'",
    ]
    answer = CLIENT.batch_execute_statement(
        Statements=[{"Statement": each} for each in writes], ReturnConsumedCapacity="TOTAL"
    )
    assert answer["Responses"] == [
        {"TableName": "things", "Item": {"a": {"N": "1"}}},
        {
            "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
            "TableName": "things",
        },
        {
            "Error": {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
            "TableName": "things",
        },
        {"TableName": "things"},
        {"Error": {"Code": "ValidationError", "Message": MALFORMED + "Expected data manipulation"}},
        {"Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}},
    ]
    assert answer["ConsumedCapacity"] == [{"TableName": "things", "CapacityUnits": 2.0}]
    assert stored("b1")["a"] == {"N": "2"} and stored("b3")


def test_a_batch_reads_single_items_each_as_consistently_as_it_asks() -> None:
    seeded("r1", a={"N": "1"})
    reads = [
        {"Statement": "SELECT a FROM things WHERE pk = 'r1'"},
        {"Statement": "SELECT * FROM things WHERE pk = 'none'", "ConsistentRead": True},
        {"Statement": "SELECT * FROM things WHERE a = 1"},
    ]
    answer = CLIENT.batch_execute_statement(Statements=reads, ReturnConsumedCapacity="INDEXES")
    first, second, third = answer["Responses"]
    assert first == {"TableName": "things", "Item": {"a": {"N": "1"}}} and second == {"TableName": "things"}
    assert third["Error"]["Message"] == (
        "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
    )
    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 1.5
    with pytest.raises(ClientError, match="does not support both read and write"):
        CLIENT.batch_execute_statement(
            Statements=[reads[0], {"Statement": "DELETE FROM things WHERE pk = 'r1'"}]
        )


def transacted(*statements: str, **more: Any) -> Any:
    return CLIENT.execute_transaction(TransactStatements=[{"Statement": each} for each in statements], **more)


def test_a_transaction_writes_everything_once() -> None:
    seeded("t1", n={"N": "0"})
    statements = (
        "EXISTS(SELECT * FROM things WHERE pk = 't9' AND free IS MISSING)",
        "UPDATE things SET n = n + 1 WHERE pk = 't1'",
        "INSERT INTO things VALUE {'pk': 't2'}",
    )
    asked = {"ClientRequestToken": "once", "ReturnConsumedCapacity": "TOTAL"}
    first = transacted(*statements, **asked)
    assert first["Responses"] == [] and first["ConsumedCapacity"] == [
        {"TableName": "things", "CapacityUnits": 6.0, "WriteCapacityUnits": 6.0}
    ]
    assert "ReadCapacityUnits" in transacted(*statements, **asked)["ConsumedCapacity"][0]
    assert stored("t1")["n"] == {"N": "1"}
    with pytest.raises(CLIENT.exceptions.IdempotentParameterMismatchException):
        transacted(statements[1], **asked)


def test_a_transaction_that_fails_says_why_and_does_nothing() -> None:
    seeded("t5", n={"N": "0"})
    with pytest.raises(CLIENT.exceptions.TransactionCanceledException) as problem:
        transacted(
            "INSERT INTO things VALUE {'pk': 't5'}",
            "INSERT INTO things VALUE {'pk': 't6'}",
            "EXISTS(SELECT * FROM things WHERE pk = 't7' AND n = 1)",
        )
    reasons = problem.value.response["CancellationReasons"]
    assert [each["Code"] for each in reasons] == ["DuplicateItem", "None", "ConditionalCheckFailed"]
    assert stored("t6") is None


def test_a_transaction_reads_items_as_they_stand_together() -> None:
    seeded("t8", n={"N": "0"})
    answer = transacted(
        "SELECT n FROM things WHERE pk = 't8'", "SELECT * FROM shelf WHERE pk = 'x' AND sk = 1"
    )
    assert answer["Responses"] == [{"Item": {"n": {"N": "0"}}}, {}]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT * FROM things WHERE", MALFORMED + "Unexpected term"),
        ("SELECT * FROM shelf.by_kind WHERE kind = 'x'", "Reads on indices are not supported within transactions."),
        (
            "SELECT * FROM things WHERE pk = 'a' AND b = 1",
            "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
        ),
        (
            "EXISTS(SELECT * FROM things WHERE pk = 'a')",
            "EXISTS() must contain a single item read with additional condition",
        ),
        (
            "DELETE FROM things WHERE pk = 'a' RETURNING ALL OLD *",
            "RETURNING clause is not supported in ExecuteTransaction.",
        ),
    ],
)
def test_what_a_transaction_cannot_hold(statement: str, message: str) -> None:
    with pytest.raises(ClientError) as problem:
        transacted(statement)
    assert problem.value.response["Error"]["Message"] == f"Validation failed in TransactStatements[0]: {message}"


def jumble(rng: random.Random, rule: str, depth: int = 0) -> str:
    """Something that the grammar lets pass, mostly."""
    ways = RULES[rule][: 3 if depth > 5 else None]
    parts = rng.choice(ways).split(" ")
    return " ".join(jumble(rng, part, depth + 1) if part in RULES else part for part in parts)


RULES = {
    "C": [
        "V = V", "F", "P IS MISSING", "V < V", "P BETWEEN V AND V", "P IN [ V , V ]", "C AND C", "C OR C", "NOT C",
        "( C )",
    ],
    "F": ["size ( P )", "contains ( P , V )", "begins_with ( P , V )", "attribute_type ( P , V )", "set_add ( P , V )"],
    "P": ["pk", "sk", "m", "m.n", "m.l [ 0 ]", '"x"'],
    "V": ["P", "1", "'a'", "-1.5", "true", "null", "[ V ]", "{ 'a' : V }", "<< V >>", "? ", "F", "V + V"],
    "A": ["SET P = V", "REMOVE P", "SET P = list_append ( P , V )", "SET P = set_add ( P , V )", "A A"],
    "S": [
        "SELECT * FROM shelf WHERE C", "SELECT P , P FROM shelf WHERE pk = 'a' AND C ORDER BY P DESC",
        "SELECT P FROM shelf.by_kind WHERE kind = 'odd' AND C",
        "UPDATE things A WHERE pk = 'deep' AND C RETURNING ALL OLD *", "UPDATE things A WHERE pk = 'deep'",
        "INSERT INTO things VALUE { 'pk' : V , 'v' : V }", "DELETE FROM things WHERE pk = 'c' AND C",
    ],
}  # fmt: skip


def test_no_jumble_of_words_is_more_than_a_refusal() -> None:
    rng, codes = random.Random(JUMBLES), set()
    seeded("deep", x={"SS": ["a"]}, m={"M": {"l": {"L": []}}})
    for _ in range(JUMBLES):
        statement = jumble(rng, "S")
        try:
            run(statement, *[{"S": "p"}] * statement.count("?"))
        except ClientError as problem:
            codes.add(problem.response["Error"]["Code"])
            assert problem.response["ResponseMetadata"]["HTTPStatusCode"] == 400, statement
    assert codes <= {"ValidationException", "ConditionalCheckFailedException", "DuplicateItemException"}


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT * FROM shelf WHERE {'NOT ' * 99}sk = 1",
        f"SELECT * FROM shelf WHERE {'(sk = 1 OR (sk = 2 AND ' * 45}sk = 3{'))' * 45}",
        f"UPDATE things SET a = 1{' + 1' * 100} WHERE pk = 'deep'",
        f"SELECT * FROM shelf WHERE {' OR '.join(['sk = 1'] * 299)}",
    ],
)
def test_what_goes_as_deep_as_it_may_is_done(statement: str) -> None:
    seeded("deep")
    run(statement)
