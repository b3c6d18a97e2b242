{-# LANGUAGE LambdaCase #-}
module Data.Stack
  ( Stack
  , push
  ) where

import qualified Data.List as List

type Name = String

-- | A stack of values.
data Stack a
  = Empty
  | Node a (Stack a)
  deriving (Show, Eq)

newtype Wrapper a = Wrapper { unwrap :: a }

-- | Things with a size.
class Sized f where
  size :: f a -> Int
  isEmpty :: f a -> Bool
  isEmpty value = size value == 0

instance Sized Stack where
  size Empty = 0
  size (Node _ rest) = 1 + size rest

-- | Put a value on top.
push :: a -> Stack a -> Stack a
push = Node

-- | Take the top value off.
pop :: Stack a -> Maybe (a, Stack a)
pop Empty = Nothing
pop (Node value rest) = Just (value, rest)

infixr 5 <+>
(<+>) :: Stack a -> Stack a -> Stack a
Empty <+> other = other
Node value rest <+> other = Node value (rest <+> other)

limit :: Int
limit = 10
