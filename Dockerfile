# One image for every process of docker-compose.yml; the command says which one it is.
FROM node:22-bookworm-slim
WORKDIR /app
ENV TZ=Asia/Tokyo
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY . .
RUN npx prisma generate && mkdir /data && chown node /data
USER node
CMD ["node", "--import", "tsx", "src/main-api.ts"]
