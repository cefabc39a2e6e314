//! What differs between the browsers: how one is told to open, click, type and run a script.

use std::mem::ManuallyDrop;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::bidi::Bidi;
use crate::process::{Leftovers, Process};

/// A browser that can be driven.
#[derive(Debug)]
pub(crate) enum Engine {
    /// Through chromedriver. Never dropped: thirtyfour's farewell needs the runtime that a dropping test blocks, and
    /// waits two minutes for it.
    Chromium(ManuallyDrop<WebDriver>),
    /// Directly.
    Firefox(Box<Bidi>),
}

/// A browser that was started. Ended in this order.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) engine: Engine,
    pub(crate) _process: Process,
    pub(crate) _leftovers: Leftovers,
}

fn css(test_id: &str) -> String {
    format!("[data-testid=\"{test_id}\"]")
}

fn said(error: impl ToString) -> String {
    error.to_string()
}

impl Engine {
    /// What only Chromium can do: tabs, DevTools.
    pub(crate) fn chromium(&self) -> &WebDriver {
        match self {
            Self::Chromium(driver) => driver,
            Self::Firefox(_) => panic!("this word is spoken by Chromium only"),
        }
    }

    pub(crate) async fn open(&self, url: &str) -> Result<(), String> {
        match self {
            Self::Chromium(driver) => driver.goto(url).await.map_err(said),
            Self::Firefox(tab) => tab.open(url).await,
        }
    }

    pub(crate) async fn reload(&self) -> Result<(), String> {
        match self {
            Self::Chromium(driver) => driver.refresh().await.map_err(said),
            Self::Firefox(tab) => tab.reload().await,
        }
    }

    /// Runs a function body in the page; a promise is waited for.
    pub(crate) async fn run(&self, body: &str, arguments: Vec<Value>) -> Result<Value, String> {
        match self {
            Self::Chromium(driver) => {
                driver.execute(body, arguments).await.map(|answer| answer.json().clone()).map_err(said)
            }
            Self::Firefox(tab) => tab.run(body, &arguments).await,
        }
    }

    /// Clicks it; an error when it is not there or lies under something else.
    pub(crate) async fn click(&self, test_id: &str) -> Result<(), String> {
        match self {
            Self::Chromium(driver) => {
                let element = driver.find(By::Css(css(test_id))).await.map_err(said)?;
                element.click().await.map_err(said)
            }
            Self::Firefox(tab) => tab.click(&css(test_id)).await,
        }
    }

    /// Types into a field, replacing what is in it.
    pub(crate) async fn fill(&self, test_id: &str, text: &str) -> Result<(), String> {
        match self {
            Self::Chromium(driver) => {
                let field = driver.find(By::Css(css(test_id))).await.map_err(said)?;
                field.clear().await.map_err(said)?;
                field.send_keys(text).await.map_err(said)
            }
            Self::Firefox(tab) => {
                let mark = "const field = document.querySelector(arguments[0]); field.focus(); field.select()";
                tab.run(mark, &[json!(css(test_id))]).await?;
                tab.press(&css(test_id), text).await
            }
        }
    }

    /// Presses Enter in a field.
    pub(crate) async fn press_enter(&self, test_id: &str) -> Result<(), String> {
        match self {
            Self::Chromium(driver) => {
                let field = driver.find(By::Css(css(test_id))).await.map_err(said)?;
                field.send_keys(Key::Enter + "").await.map_err(said)
            }
            // WebDriver's number for the key.
            Self::Firefox(tab) => tab.press(&css(test_id), "\u{e007}").await,
        }
    }
}
