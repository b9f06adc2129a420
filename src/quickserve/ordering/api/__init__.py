"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

router = APIRouter()
