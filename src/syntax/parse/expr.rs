//! Expressions: flat lists of operands and operators become trees.

use pest::iterators::Pair;

use crate::kernels::number::{parse_decimal, power_of_ten};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{ArithOp, CompareOp, Expr, ExprKind, Name, Tail};

use super::{Build, Inside, Production};

impl Build<'_> {
    pub(super) fn name(&self, pair: &Pair<'_, Production>) -> Name {
        Spanned::new(pair.as_str().trim_end().trim_matches('`').to_owned(), self.span(pair))
    }

    pub(super) fn string(&mut self, pair: Pair<'_, Production>) -> Option<Spanned<String>> {
        let span = self.span(&pair);
        let inner = Inside::of(pair).next()?;
        let text = inner.as_str();
        if inner.as_rule() == Production::raw_string {
            return Some(Spanned::new(text.get(3..text.len() - 3)?.to_owned(), span));
        }
        Some(Spanned::new(self.unescape(text.get(1..text.len() - 1)?, span), span))
    }

    fn unescape(&mut self, text: &str, span: Span) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((plain, escaped)) = rest.split_once('\\') {
            out.push_str(plain);
            let (character, length) = escape(escaped);
            match character {
                Some(character) => out.push(character),
                None => {
                    let shown: String = escaped.chars().take(1).collect();
                    self.literal_error(
                        span,
                        format!("unknown escape `\\{shown}` in a string"),
                        r#"known are \" \\ \/ \n \r \t \0 \u00e9 and \u{1F600}"#,
                    );
                }
            }
            rest = escaped.get(length..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }

    pub(super) fn regex(&self, pair: &Pair<'_, Production>) -> Spanned<String> {
        let text = pair.as_str().trim_end();
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        Spanned::new(inner.replace("\\/", "/"), self.span(pair))
    }

    pub(super) fn integer(&mut self, pair: &Pair<'_, Production>) -> Spanned<u64> {
        let span = self.span(pair);
        let value = pair.as_str().trim().replace('_', "").parse().unwrap_or_else(|_| {
            self.literal_error(span, "this number is too large", "use a smaller one");
            0
        });
        Spanned::new(value, span)
    }

    pub(super) fn expr(&mut self, pair: Pair<'_, Production>) -> Option<Expr> {
        let mut inside = Inside::of(pair);
        let mut alternatives = Vec::new();
        let mut all = vec![self.condition(inside.next()?)?];
        while let Some(operator) = inside.next() {
            let condition = self.condition(inside.next()?)?;
            if operator.as_str().trim_end() == "or" {
                alternatives.push(join(std::mem::take(&mut all), ExprKind::And)?);
            }
            all.push(condition);
        }
        alternatives.push(join(all, ExprKind::And)?);
        join(alternatives, ExprKind::Or)
    }

    fn condition(&mut self, pair: Pair<'_, Production>) -> Option<Expr> {
        let start = self.span(&pair);
        let mut inside = Inside::of(pair);
        let nots = inside.while_next(Production::k_not).len();
        let mut expr = self.predicate(inside.next()?)?;
        for _ in 0..nots {
            let span = start.to(expr.span);
            expr = Expr { kind: ExprKind::Not(Box::new(expr)), span };
        }
        Some(expr)
    }

    fn predicate(&mut self, pair: Pair<'_, Production>) -> Option<Expr> {
        let span = self.span(&pair);
        let mut inside = Inside::of(pair);
        let operand = self.arith(inside.next()?)?;
        match inside.next() {
            Some(tail) => Some(Expr { kind: ExprKind::Test(Box::new(operand), Box::new(self.tail(tail)?)), span }),
            None => Some(operand),
        }
    }

    pub(super) fn tail(&mut self, pair: Pair<'_, Production>) -> Option<Tail> {
        let pair = Inside::of(pair).next()?;
        let production = pair.as_rule();
        let mut inside = Inside::of(pair);
        if production == Production::is_null {
            inside.skip(Production::k_is);
            return Some(Tail::IsNull { negated: inside.skip(Production::k_not) });
        }
        if production == Production::compare {
            let operator = compare_op(inside.next()?.as_str().trim_end())?;
            return Some(Tail::Compare(operator, self.arith(inside.next()?)?));
        }
        inside.skip(Production::k_is);
        let negated = inside.skip(Production::k_not);
        Some(match production {
            Production::between => {
                inside.skip(Production::k_between);
                let low = self.arith(inside.next()?)?;
                inside.skip(Production::k_and);
                Tail::Between { negated, low, high: self.arith(inside.next()?)? }
            }
            Production::in_tail => {
                inside.skip(Production::k_in);
                let values = inside.next()?;
                match values.as_rule() {
                    Production::name => Tail::InSet { negated, set: self.name(&values) },
                    _ => Tail::InList { negated, values: self.exprs(values)? },
                }
            }
            Production::matches => {
                inside.skip(Production::k_matches);
                Tail::Matches { negated, pattern: self.regex(&inside.next()?) }
            }
            Production::like => {
                inside.skip(Production::k_like);
                Tail::Like { negated, pattern: self.arith(inside.next()?)? }
            }
            _ => {
                inside.skip(Production::k_distinct);
                inside.skip(Production::k_from);
                Tail::IsDistinct { negated, other: self.arith(inside.next()?)? }
            }
        })
    }

    /// The expressions inside a list, whatever its brackets.
    pub(super) fn exprs(&mut self, pair: Pair<'_, Production>) -> Option<Vec<Expr>> {
        pair.into_inner().filter(|inner| inner.as_rule() == Production::expr).map(|inner| self.expr(inner)).collect()
    }

    /// `+ - ||` over `* / div mod`, both left-associative.
    pub(super) fn arith(&mut self, pair: Pair<'_, Production>) -> Option<Expr> {
        let mut inside = Inside::of(pair);
        let mut sum: Option<(Expr, ArithOp)> = None;
        let mut product = self.operand(inside.next()?)?;
        while let Some(operator) = inside.next() {
            let operator = arith_op(operator.as_str().trim_end())?;
            let next = self.operand(inside.next()?)?;
            self.link(next.span)?;
            if matches!(operator, ArithOp::Add | ArithOp::Sub | ArithOp::Concat) {
                let left = apply(sum.take(), product);
                sum = Some((left, operator));
                product = next;
            } else {
                product = apply(Some((product, operator)), next);
            }
        }
        Some(apply(sum, product))
    }

    fn operand(&mut self, pair: Pair<'_, Production>) -> Option<Expr> {
        let start = self.span(&pair);
        let mut inside = Inside::of(pair);
        let minuses = inside.while_next(Production::minus).len();
        let mut expr = self.primary(inside.next()?)?;
        for postfix in inside.while_next(Production::postfix) {
            let span = expr.span.to(self.span(&postfix));
            self.link(span)?;
            let inner = Inside::of(postfix).next()?;
            let kind = match inner.as_rule() {
                Production::name => ExprKind::Member(Box::new(expr), self.name(&inner)),
                _ => ExprKind::Index(Box::new(expr), Box::new(self.expr(inner)?)),
            };
            expr = Expr { kind, span };
        }
        for _ in 0..minuses {
            let span = start.to(expr.span);
            expr = Expr { kind: ExprKind::Negate(Box::new(expr)), span };
        }
        Some(expr)
    }

    fn primary(&mut self, pair: Pair<'_, Production>) -> Option<Expr> {
        let span = self.span(&pair);
        let pair = Inside::of(pair).next()?;
        let text = pair.as_str().trim_end();
        let kind = match pair.as_rule() {
            Production::duration => self.duration(pair, span)?,
            Production::percent => ExprKind::Number(format!("{}e-2", text.trim_end_matches('%').replace('_', ""))),
            Production::number => ExprKind::Number(self.number(text, span)),
            Production::typed_literal => {
                let mut inside = Inside::of(pair);
                let word = inside.next()?;
                let value = self.string(inside.next()?)?.node;
                match word.as_str().trim_end() {
                    "date" => ExprKind::Date(value),
                    "time" => ExprKind::Time(value),
                    _ => ExprKind::Timestamp(value),
                }
            }
            Production::string => ExprKind::String(self.string(pair)?.node),
            Production::regex => ExprKind::Regex(self.regex(&pair).node),
            Production::boolean => ExprKind::Bool(text == "true"),
            Production::null => ExprKind::Null,
            Production::param_ref => ExprKind::Param(self.name(&Inside::of(pair).next()?).node),
            Production::parens => {
                let inner = self.expr(Inside::of(pair).next()?)?;
                return Some(Expr { kind: inner.kind, span });
            }
            Production::list_literal => ExprKind::List(self.exprs(pair)?),
            Production::record => ExprKind::Record(self.record(pair)?),
            Production::call => {
                let mut inside = Inside::of(pair);
                let function = self.name(&inside.next()?);
                let arguments = inside.0.map(|argument| self.expr(argument)).collect::<Option<_>>()?;
                ExprKind::Call { function, arguments }
            }
            Production::quantifier => self.quantifier(pair)?,
            Production::case_expr => self.case(pair)?,
            Production::cast_expr => {
                let mut inside = Inside::of(pair);
                let lenient = inside.next()?.as_str().trim_end() == "try_cast";
                let value = Box::new(self.expr(inside.next()?)?);
                inside.skip(Production::k_as);
                ExprKind::Cast { lenient, value, ty: self.type_expr(inside.next()?)? }
            }
            _ => ExprKind::Name(text.trim_matches('`').to_owned()),
        };
        Some(Expr { kind, span })
    }

    fn number(&mut self, text: &str, span: Span) -> String {
        let digits = text.replace('_', "");
        if digits.parse::<f64>().is_ok_and(f64::is_infinite) {
            self.literal_error(span, format!("the number `{text}` is out of range"), "the largest float64 is about 1.8e308");
            return "0".to_owned();
        }
        digits
    }

    fn duration(&mut self, pair: Pair<'_, Production>, span: Span) -> Option<ExprKind> {
        let mut inside = Inside::of(pair);
        let digits = inside.next()?.as_str().replace('_', "");
        let unit = unit_nanos(inside.next()?.as_str().trim_end());
        let nanos = parse_decimal(&digits).and_then(|(mantissa, scale)| {
            let total = mantissa.checked_mul(unit)?;
            let divisor = power_of_ten(scale)?;
            (total % divisor == 0).then_some(total / divisor)
        });
        Some(ExprKind::Duration(nanos.unwrap_or_else(|| {
            self.literal_error(span, "this duration is not a whole number of nanoseconds in range", "use a smaller unit");
            0
        })))
    }

    pub(super) fn record(&mut self, pair: Pair<'_, Production>) -> Option<Vec<(Name, Expr)>> {
        pair.into_inner()
            .map(|entry| {
                let mut inside = Inside::of(entry);
                let name = self.name(&inside.next()?);
                Some((name, self.expr(inside.next()?)?))
            })
            .collect()
    }

    fn quantifier(&mut self, pair: Pair<'_, Production>) -> Option<ExprKind> {
        let mut inside = Inside::of(pair);
        let all = inside.next()?.as_str().trim_end() == "all";
        let variable = self.name(&inside.next()?);
        inside.skip(Production::k_in);
        let list = Box::new(self.arith(inside.next()?)?);
        Some(ExprKind::Quantifier { all, variable, list, body: Box::new(self.expr(inside.next()?)?) })
    }

    fn case(&mut self, pair: Pair<'_, Production>) -> Option<ExprKind> {
        let mut inside = Inside::of(pair);
        inside.skip(Production::k_case);
        let operand = inside.next_if(Production::expr).map(|operand| self.expr(operand).map(Box::new));
        let mut branches = Vec::new();
        for branch in inside.while_next(Production::branch) {
            let mut parts = branch.into_inner().filter(|part| part.as_rule() == Production::expr);
            branches.push((self.expr(parts.next()?)?, self.expr(parts.next()?)?));
        }
        inside.skip(Production::k_else);
        let otherwise = inside.next_if(Production::expr).map(|otherwise| self.expr(otherwise).map(Box::new));
        Some(ExprKind::Case {
            operand: match operand {
                Some(operand) => Some(operand?),
                None => None,
            },
            branches,
            otherwise: match otherwise {
                Some(otherwise) => Some(otherwise?),
                None => None,
            },
        })
    }
}

fn apply(left: Option<(Expr, ArithOp)>, right: Expr) -> Expr {
    let Some((left, operator)) = left else { return right };
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Arith(operator, Box::new(left), Box::new(right)), span }
}

fn join(mut parts: Vec<Expr>, kind: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
    if parts.len() == 1 {
        return parts.pop();
    }
    let span = parts.first()?.span.to(parts.last()?.span);
    Some(Expr { kind: kind(parts), span })
}

/// The character an escape stands for, and how many bytes it takes after the backslash.
fn escape(text: &str) -> (Option<char>, usize) {
    let Some(first) = text.chars().next() else { return (None, 0) };
    let plain = match first {
        '"' | '\\' | '/' => Some(first),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '0' => Some('\0'),
        'u' => {
            if let Some(digits) = text.get(1..5).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
                return (u32::from_str_radix(digits, 16).ok().and_then(char::from_u32), 5);
            }
            let inner = text.get(1..).and_then(|rest| rest.strip_prefix('{')).and_then(|rest| rest.split_once('}'));
            let Some((digits, _)) = inner else { return (None, 1) };
            return (u32::from_str_radix(digits, 16).ok().and_then(char::from_u32), digits.len() + 3);
        }
        _ => None,
    };
    (plain, first.len_utf8())
}

fn compare_op(text: &str) -> Option<CompareOp> {
    Some(match text {
        "=" => CompareOp::Eq,
        "!=" | "<>" => CompareOp::NotEq,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::LtEq,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::GtEq,
        _ => return None,
    })
}

fn arith_op(text: &str) -> Option<ArithOp> {
    Some(match text {
        "+" => ArithOp::Add,
        "-" => ArithOp::Sub,
        "*" => ArithOp::Mul,
        "/" => ArithOp::Div,
        "div" => ArithOp::IntDiv,
        "mod" => ArithOp::Mod,
        "||" => ArithOp::Concat,
        _ => return None,
    })
}

fn unit_nanos(unit: &str) -> i128 {
    match unit {
        "ns" | "nanosecond" | "nanoseconds" => 1,
        "us" | "microsecond" | "microseconds" => 1_000,
        "ms" | "millisecond" | "milliseconds" => 1_000_000,
        "s" | "second" | "seconds" => 1_000_000_000,
        "min" | "minute" | "minutes" => 60_000_000_000,
        "h" | "hour" | "hours" => 3_600_000_000_000,
        "d" | "day" | "days" => 86_400_000_000_000,
        _ => 7 * 86_400_000_000_000,
    }
}
