//! One text frame, one message; and objects that are objects.
//!
//! serde's derived types take an array wherever they take an object, field by field. The wire
//! does not (SPEC W3), so whatever stands for an object is asked to be one here.

use crate::protocol::{Refusal, SAFE_INTEGER_MAX};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Reads a message from the text of one frame.
///
/// # Errors
/// What is wrong with the text, for the log.
#[cfg(any(not(target_arch = "wasm32"), feature = "tree"))]
pub fn read<M: serde::de::DeserializeOwned>(text: &str) -> Result<M, serde_json::Error> {
    serde_json::from_str::<Object<M>>(text).map(|message| message.0)
}

/// Writes a message as the text of one frame.
///
/// # Errors
/// None for the messages of this crate; serde_json has the type.
#[cfg(any(not(target_arch = "wasm32"), feature = "tree"))]
pub fn write<M: serde::Serialize>(message: &M) -> Result<alloc::string::String, serde_json::Error> {
    serde_json::to_string(message)
}

/// What must be written as an object.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

pub(crate) fn object<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Object::deserialize(deserializer).map(|object| object.0)
}

pub(crate) fn objects<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

pub(crate) fn objects_or_null<'de, T, D>(deserializer: D) -> Result<Vec<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let objects = Vec::<Option<Object<T>>>::deserialize(deserializer)?;
    let objects = objects.into_iter();
    Ok(objects
        .map(|object| object.map(|object| object.0))
        .collect())
}

pub(crate) fn some_objects<'de, T, D>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    objects(deserializer).map(Some)
}

pub(crate) fn some_refusal<'de, D>(deserializer: D) -> Result<Option<Refusal>, D::Error>
where
    D: Deserializer<'de>,
{
    object(deserializer).map(Some)
}

/// Writes a double the way JS does: whole ones without a fraction.
pub(crate) fn write_number<S: serde::Serializer>(
    number: &f64,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if (*number as i64) as f64 == *number && number.abs() <= SAFE_INTEGER_MAX as f64 {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

pub(crate) fn read_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number.is_finite() {
        // Minus zero becomes zero, as everywhere.
        Ok(number + 0.0)
    } else {
        Err(serde::de::Error::custom("a number is not finite"))
    }
}
