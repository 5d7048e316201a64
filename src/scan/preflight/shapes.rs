//! Structs of a footer as far as their values are not kept. Field numbers and types are those of parquet.thrift.

use crate::scan::thrift::Shape;

pub(super) static EMPTY: Shape = Shape::Struct(&[]);

pub(super) static KEY_VALUES: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Binary), (2, Shape::Binary)]));

pub(super) static STATISTICS: Shape = Shape::Struct(&[
    (1, Shape::Binary),
    (2, Shape::Binary),
    (3, Shape::Int),
    (4, Shape::Int),
    (5, Shape::Binary),
    (6, Shape::Binary),
    (7, Shape::Bool),
    (8, Shape::Bool),
]);

pub(super) static SIZE_STATISTICS: Shape = Shape::Struct(&[(1, Shape::Int), (2, Shape::List(&Shape::Int)), (3, Shape::List(&Shape::Int))]);

pub(super) static BOUNDING_BOX: &[(i16, Shape)] = &[
    (1, Shape::Double),
    (2, Shape::Double),
    (3, Shape::Double),
    (4, Shape::Double),
    (5, Shape::Double),
    (6, Shape::Double),
    (7, Shape::Double),
    (8, Shape::Double),
];

pub(super) static GEO_STATISTICS: Shape = Shape::Struct(&[(1, Shape::Struct(BOUNDING_BOX)), (2, Shape::List(&Shape::Int))]);

pub(super) static ENCODING_STATS: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Int), (2, Shape::Int), (3, Shape::Int)]));

pub(super) static SORTING_COLUMNS: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Int), (2, Shape::Bool), (3, Shape::Bool)]));

pub(super) static COLUMN_ORDERS: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Struct(&[])), (2, Shape::Struct(&[]))]));

pub(super) static INTS: Shape = Shape::List(&Shape::Int);

pub(super) static TEXTS: Shape = Shape::List(&Shape::Binary);

pub(super) static TIME_FIELDS: &[(i16, Shape)] =
    &[(1, Shape::Bool), (2, Shape::Struct(&[(1, Shape::Struct(&[])), (2, Shape::Struct(&[])), (3, Shape::Struct(&[]))]))];

pub(super) static LOGICAL_TYPE: Shape = Shape::Struct(&[
    (1, Shape::Struct(&[])),
    (2, Shape::Struct(&[])),
    (3, Shape::Struct(&[])),
    (4, Shape::Struct(&[])),
    (5, Shape::Struct(&[(1, Shape::Int), (2, Shape::Int)])),
    (6, Shape::Struct(&[])),
    (7, Shape::Struct(TIME_FIELDS)),
    (8, Shape::Struct(TIME_FIELDS)),
    (10, Shape::Struct(&[(1, Shape::Byte), (2, Shape::Bool)])),
    (11, Shape::Struct(&[])),
    (12, Shape::Struct(&[])),
    (13, Shape::Struct(&[])),
    (14, Shape::Struct(&[])),
    (15, Shape::Struct(&[])),
    (16, Shape::Struct(&[(1, Shape::Byte)])),
    (17, Shape::Struct(&[(1, Shape::Binary)])),
    (18, Shape::Struct(&[(1, Shape::Binary), (2, Shape::Int)])),
]);
