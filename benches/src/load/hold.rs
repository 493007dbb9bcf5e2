//! Clients that are there and do nothing: what their connections cost in memory can be read meanwhile.

use std::error::Error;
use std::io::{Read, Write};

use super::client::Client;
use super::{Failure, Target};

/// Opens `n_connections`, each of which is answered once, or has an open stream if the prompt asks for that; prints
/// `holding N`, then keeps them until standard input ends.
///
/// # Errors
/// When one of them could not be opened, or standard input or output is gone.
pub async fn run(target: &Target, n_connections: usize) -> Result<(), Box<dyn Error>> {
    let mut clients = Vec::new();
    for number in 0..n_connections {
        let mut client = Client::new(target);
        client.ask(number as u64, |_| {}).await.map_err(describe)?;
        clients.push(client);
    }
    writeln!(std::io::stdout().lock(), "holding {}", clients.len())?;
    // Nothing has to run meanwhile, so the thread may block.
    std::io::stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn describe(failure: Failure) -> String {
    format!("a connection could not be opened: {failure}")
}
