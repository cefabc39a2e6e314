//! What statements rely on, on whichever database the tests run.

use super::{Value, query, query_as, query_scalar};
use crate::testing::world;

#[tokio::test]
async fn what_is_bound_is_read_back() {
    let world = world().await;
    let write = world.state.db.write();
    query("CREATE TABLE things (text TEXT, number BIGINT, flag BOOLEAN)").execute(write).await.unwrap();
    let (text, number, flag) = ("Ærø 🦀 '; --", i64::MIN, true);
    let nothing = (None::<String>, None::<i64>, None::<bool>);
    let rows = [
        [Value::from(text), Value::from(number), Value::from(flag)],
        [Value::from(nothing.0.clone()), Value::from(nothing.1), Value::from(nothing.2)],
    ];
    for [text, number, flag] in rows {
        let insert = query("INSERT INTO things (text, number, flag) VALUES ($1, $2, $3)");
        assert_eq!(insert.bind(text).bind(number).bind(flag).execute(write).await.unwrap().rows_affected(), 1);
    }
    let found: Vec<(Option<String>, Option<i64>, Option<bool>)> =
        query_as("SELECT text, number, flag FROM things ORDER BY number IS NULL").fetch_all(write).await.unwrap();
    assert_eq!(found, [(Some(text.to_owned()), Some(number), Some(flag)), nothing]);
    let none: Option<i64> =
        query_scalar("SELECT number FROM things WHERE text = $1").bind("x").fetch_optional(write).await.unwrap();
    assert_eq!(none, None);
    let missing = query("SELECT number FROM things WHERE text = $1").bind("x").fetch_one(write).await;
    assert!(matches!(missing, Err(sqlx::Error::RowNotFound)), "{missing:?}");
}

/// There is one connection to write with: what a dropped transaction leaves on it would be the next writer's.
#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_a_committed_one_all() {
    let world = world().await;
    let db = &world.state.db;
    let insert = || query("INSERT INTO organisations (id, name, created_at) VALUES ($1, 'x', 0)");
    let count = || query_scalar::<i64>("SELECT COUNT(*) FROM organisations").fetch_one(db.write());
    let mut dropped = db.write().begin().await.unwrap();
    insert().bind("a").execute(&mut *dropped).await.unwrap();
    drop(dropped);
    assert_eq!(count().await.unwrap(), 0);
    let mut failed = db.write().begin().await.unwrap();
    insert().bind("a").execute(&mut *failed).await.unwrap();
    insert().bind("a").execute(&mut *failed).await.unwrap_err();
    drop(failed);
    assert_eq!(count().await.unwrap(), 0);
    let mut committed = db.write().begin().await.unwrap();
    insert().bind("a").execute(&mut *committed).await.unwrap();
    insert().bind("b").execute(&mut *committed).await.unwrap();
    committed.commit().await.unwrap();
    assert_eq!(count().await.unwrap(), 2);
}

/// A look-up and the insert that rests on it, by many at once: one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn writers_queue() {
    let world = world().await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..20 {
        let db = world.state.db.clone();
        writers.spawn(async move {
            let mut transaction = db.write().begin().await.unwrap();
            let count: i64 =
                query_scalar("SELECT COUNT(*) FROM organisations").fetch_one(&mut *transaction).await.unwrap();
            let insert = query("INSERT INTO organisations (id, name, created_at) VALUES ($1, 'x', $2)");
            insert.bind(n.to_string()).bind(count).execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
        });
    }
    writers.join_all().await;
    let counts: Vec<i64> = query_scalar("SELECT created_at FROM organisations ORDER BY created_at")
        .fetch_all(world.state.db.read())
        .await
        .unwrap();
    assert_eq!(counts, (0..20).collect::<Vec<_>>());
}
