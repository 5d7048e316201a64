//! Values in another Arrow type of the same meaning, exactly or not at all.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};

/// Puts values into another type that can hold what they mean: a wider number, another layout of texts or lists, an instant of another
/// unit. Members of structs are found by name; those that are not there are null. Nulls stay null.
///
/// # Errors
/// Says what stands in the way: no such conversion, or a value that the type has no exact place for.
pub(crate) fn recast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    match (array.data_type(), to) {
        (from, to) if from == to => Ok(Arc::clone(array)),
        (DataType::Struct(_), DataType::Struct(fields)) => structs(array, fields),
        (DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..), DataType::List(item)) => lists(array, item),
        (from, to) => plain(array, from, to),
    }
}

fn plain(array: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, String> {
    let unfit = || format!("a value of type {from} has no exact place in {to}");
    let cast = |array: &ArrayRef, to: &DataType| {
        cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() }).map_err(|_| unfit())
    };
    let out = cast(array, to)?;
    // A cast between units or scales rounds without a word: what does not come back was rounded.
    let rounds = from.is_temporal()
        || matches!(from, DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..));
    if rounds && cast(&out, from)?.to_data() != array.to_data() { Err(unfit()) } else { Ok(out) }
}

fn structs(array: &ArrayRef, fields: &Fields) -> Result<ArrayRef, String> {
    let Some(structs) = array.as_struct_opt() else { return Err("it is no struct".to_owned()) };
    let member = |field: &FieldRef| match structs.column_by_name(field.name()) {
        Some(column) => recast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), structs.len())),
    };
    let columns = fields.iter().map(member).collect::<Result<Vec<_>, _>>()?;
    let made = StructArray::try_new_with_length(fields.clone(), columns, structs.nulls().cloned(), structs.len());
    made.map(|made| Arc::new(made) as ArrayRef).map_err(|error| error.to_string())
}

fn lists(array: &ArrayRef, item: &FieldRef) -> Result<ArrayRef, String> {
    let own = match array.data_type() {
        DataType::List(own) | DataType::LargeList(own) | DataType::FixedSizeList(own, _) => own.data_type().clone(),
        other => return Err(format!("{other} is no list")),
    };
    let laid_out = DataType::List(Arc::new(Field::new(item.name(), own, true)));
    let lists = plain(array, array.data_type(), &laid_out)?;
    let Some(lists) = lists.as_list_opt::<i32>() else { return Err("it is no list".to_owned()) };
    let items = recast(lists.values(), item.data_type())?;
    let made = ListArray::try_new(Arc::clone(item), lists.offsets().clone(), items, lists.nulls().cloned());
    made.map(|made| Arc::new(made) as ArrayRef).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float32Array, Float64Array, Int64Array, StringArray, TimestampNanosecondArray};
    use arrow::datatypes::TimeUnit;

    #[test]
    fn a_wider_type_takes_every_value_and_keeps_nulls() {
        let floats: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.5), None, Some(f32::NAN)]));
        let wide = recast(&floats, &DataType::Float64).unwrap();
        let wide = wide.as_any().downcast_ref::<Float64Array>().unwrap();
        assert!(wide.value(0) == 0.5 && wide.is_null(1) && wide.value(2).is_nan());
    }

    #[test]
    fn nanoseconds_are_not_rounded_to_microseconds() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let whole: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![Some(1_000), None]));
        assert_eq!(recast(&whole, &micros).unwrap().data_type(), &micros);
        let finer: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_001]));
        assert!(recast(&finer, &micros).unwrap_err().contains("no exact place"));
    }

    #[test]
    fn members_are_found_by_name_and_absent_ones_are_null() {
        let own: Fields = vec![Field::new("b", DataType::Utf8, true), Field::new("a", DataType::Int64, true)].into();
        let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(vec!["x"])), Arc::new(Int64Array::from(vec![7]))];
        let structs: ArrayRef = Arc::new(StructArray::new(own, columns, None));
        let wanted = vec![
            Field::new("a", DataType::Int64, true),
            Field::new("c", DataType::Boolean, true),
            Field::new("b", DataType::Utf8View, true),
        ];
        let made = recast(&structs, &DataType::Struct(wanted.into())).unwrap();
        let made = made.as_struct();
        assert_eq!(made.column(0).as_primitive::<arrow::datatypes::Int64Type>().value(0), 7);
        assert!(made.column(1).is_null(0));
        assert_eq!(made.column(2).as_string_view().value(0), "x");
    }
}
