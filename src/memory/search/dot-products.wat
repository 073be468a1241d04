;; Integer products of packed vectors with a question, 32 numbers at a time. dot-products.ts says how it is called, and
;; `npm run wasm` writes dot-products-module.ts from it.
(module
  (memory (export "memory") 4)
  ;; $vectors: [count, size] bytes, two numbers of four bits in each, one vector after another. $size: a multiple of 16.
  ;; $question: int16 [2 * size], of each 32 numbers those at 0, 4, 8 … first, then those at 1, 5, 9 … and so on.
  ;; $out: int32 [count]. $less: 8 times the sum of the question, since a number is stored as itself plus 8. What goes
  ;; beyond 32 bits on the way comes back, because the caller keeps the result below 2^31.
  (func (export "products")
    (param $vectors i32) (param $count i32) (param $size i32) (param $question i32) (param $out i32) (param $less i32)
    (local $end i32) (local $stop i32) (local $asked i32)
    (local $fours v128) (local $low v128) (local $even v128) (local $odd v128)
    (local.set $low (v128.const i16x8 15 15 15 15 15 15 15 15))
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $vector
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        ;; Two sums, because one would make each addition wait for the last.
        (local.set $even (v128.const i64x2 0 0))
        (local.set $odd (v128.const i64x2 0 0))
        (local.set $asked (local.get $question))
        (local.set $stop (i32.add (local.get $vectors) (local.get $size)))
        (loop $part
          ;; Each lane of 16 bits holds four numbers, the first in its lowest bits.
          (local.set $fours (v128.load (local.get $vectors)))
          (local.set $even (i32x4.add (local.get $even)
            (i32x4.dot_i16x8_s (v128.and (local.get $fours) (local.get $low)) (v128.load (local.get $asked)))))
          (local.set $odd (i32x4.add (local.get $odd)
            (i32x4.dot_i16x8_s
              (v128.and (i16x8.shr_u (local.get $fours) (i32.const 4)) (local.get $low))
              (v128.load offset=16 (local.get $asked)))))
          (local.set $even (i32x4.add (local.get $even)
            (i32x4.dot_i16x8_s
              (v128.and (i16x8.shr_u (local.get $fours) (i32.const 8)) (local.get $low))
              (v128.load offset=32 (local.get $asked)))))
          (local.set $odd (i32x4.add (local.get $odd)
            (i32x4.dot_i16x8_s (i16x8.shr_u (local.get $fours) (i32.const 12))
              (v128.load offset=48 (local.get $asked)))))
          (local.set $vectors (i32.add (local.get $vectors) (i32.const 16)))
          (local.set $asked (i32.add (local.get $asked) (i32.const 64)))
          (br_if $part (i32.lt_u (local.get $vectors) (local.get $stop))))
        (local.set $even (i32x4.add (local.get $even) (local.get $odd)))
        (i32.store (local.get $out)
          (i32.sub
            (i32.add
              (i32.add (i32x4.extract_lane 0 (local.get $even)) (i32x4.extract_lane 1 (local.get $even)))
              (i32.add (i32x4.extract_lane 2 (local.get $even)) (i32x4.extract_lane 3 (local.get $even))))
            (local.get $less)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (br $vector)))))
