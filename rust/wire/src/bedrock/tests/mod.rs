//! Converse, both ways.

mod frames;
mod frame;
mod stream;
mod answer;
mod request;
mod media;
