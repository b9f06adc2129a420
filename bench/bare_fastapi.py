"""The least FastAPI can do: one model in, one model out. What our framework costs before we do."""

import sys
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Item(BaseModel):
    ticket_type_id: UUID
    quantity: int


class Contact(BaseModel):
    email: str
    name: str
    language: str


class Body(BaseModel):
    items: list[Item]
    contact: Contact


class Answer(BaseModel):
    id: UUID
    items: list[Item]


app = FastAPI()


@app.put("/echo/{echo_id}")
async def echo(echo_id: UUID, body: Body) -> Answer:
    return Answer(id=echo_id, items=body.items)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
