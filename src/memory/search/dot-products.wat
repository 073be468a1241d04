;; Integer products of vectors with a question, sixteen numbers at a time. dot-products.ts says how it is called, and
;; `npm run wasm` writes dot-products-module.ts from it.
(module
  (memory (export "memory") 4)
  ;; $vectors: int8 [count, size], one after another. $question: int16 [size]. $out: int32 [count]. $size: a multiple
  ;; of 32. A sum fits, because the caller keeps size * 127 * |question| below 2^31.
  (func (export "products")
    (param $vectors i32) (param $count i32) (param $size i32) (param $question i32) (param $out i32)
    (local $end i32) (local $stop i32) (local $asked i32)
    (local $bytes v128) (local $even v128) (local $odd v128)
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
          (local.set $bytes (v128.load (local.get $vectors)))
          (local.set $even (i32x4.add (local.get $even)
            (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $bytes)) (v128.load (local.get $asked)))))
          (local.set $odd (i32x4.add (local.get $odd)
            (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $bytes))
              (v128.load offset=16 (local.get $asked)))))
          (local.set $bytes (v128.load offset=16 (local.get $vectors)))
          (local.set $even (i32x4.add (local.get $even)
            (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $bytes))
              (v128.load offset=32 (local.get $asked)))))
          (local.set $odd (i32x4.add (local.get $odd)
            (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $bytes))
              (v128.load offset=48 (local.get $asked)))))
          (local.set $vectors (i32.add (local.get $vectors) (i32.const 32)))
          (local.set $asked (i32.add (local.get $asked) (i32.const 64)))
          (br_if $part (i32.lt_u (local.get $vectors) (local.get $stop))))
        (local.set $even (i32x4.add (local.get $even) (local.get $odd)))
        (i32.store (local.get $out)
          (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $even)) (i32x4.extract_lane 1 (local.get $even)))
            (i32.add (i32x4.extract_lane 2 (local.get $even)) (i32x4.extract_lane 3 (local.get $even)))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (br $vector)))))
