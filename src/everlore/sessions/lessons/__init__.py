"""Durable statements in what people and agents said, found by rules alone: `lessons`."""

from everlore.sessions.lessons.find import Lesson, lessons

__all__ = ["Lesson", "lessons"]
